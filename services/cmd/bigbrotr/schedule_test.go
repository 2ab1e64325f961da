package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestExportsOnASchedule keeps a bucket up to date: months that are over and no others, each sent again only after something
// came that belongs into it, also by an export that takes the place of one that was killed.
func TestExportsOnASchedule(t *testing.T) {
	dsn, environ, _ := archive(t)
	fill(t, dsn)
	writer, key := testkit.Store(t, dsn), event.GenerateKey()
	add := func(at int64) {
		t.Helper()
		e := key.Sign(at, 1, nil, "added")
		if _, err := writer.Write(t.Context(), []*ingest.Batch{{Imports: []*ingest.Import{{Events: wire([]event.Event{e})}}}}, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	add(time.Now().Unix()) // in a month that is not over
	bucket := newBucket(t)
	environ = append(environ, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1")
	dir := t.TempDir()
	export := func() *exec.Cmd {
		return begin(t, environ, "export", "parquet", dir, "--closed", "--every", "100ms", "--s3", bucket.url)
	}

	first := export()
	bucket.await("the first manifest", func() bool { return bucket.sum("manifest.json") != "" })
	july, august := bucket.object("events/2023-07.parquet"), bucket.object("events/2023-08.parquet")
	if july == nil || august == nil {
		t.Fatalf("objects: got %v, want July and August", bucket.keys())
	}
	for _, name := range bucket.keys() {
		if strings.Contains(name, time.Now().UTC().Format("2006-01")) || strings.Contains(name, "future") {
			t.Errorf("%s: got a month that is not over", name)
		}
	}
	add(1_690_000_100)
	bucket.await("July again", func() bool { return !bytes.Equal(bucket.object("events/2023-07.parquet"), july) })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()

	add(1_690_000_200)
	july = bucket.object("events/2023-07.parquet")
	second := export()
	bucket.await("July after the kill", func() bool { return !bytes.Equal(bucket.object("events/2023-07.parquet"), july) })
	bucket.await("a manifest that fits", func() bool { return bucket.fits(t) })
	if n := bucket.sent("events/2023-08.parquet"); n != 1 {
		t.Errorf("August was sent %d times, want once", n)
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("told to end: got %v, want exit code 0", err)
	}
}

// begin starts the program and leaves it running until the test ends.
func begin(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "DATA_DIR=" + t.TempDir()}, environ...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// bucketServer is a server that speaks S3 over HTTP, with one bucket, which counts what is put into it.
type bucketServer struct {
	*s3mem.Backend
	t   *testing.T
	url string

	mu   sync.Mutex
	puts map[string]int
}

func newBucket(t *testing.T) *bucketServer {
	t.Helper()
	b := &bucketServer{Backend: s3mem.New(), t: t, puts: map[string]int{}}
	if err := b.CreateBucket("archive"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(b).Server())
	t.Cleanup(server.Close)
	b.url = server.URL + "/archive"
	return b
}

// PutObject counts what is sent.
func (b *bucketServer) PutObject(bucket, name string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	b.mu.Lock()
	b.puts[name]++
	b.mu.Unlock()
	return b.Backend.PutObject(bucket, name, meta, input, size, conditions)
}

func (b *bucketServer) sent(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.puts[name]
}

func (b *bucketServer) keys() (names []string) {
	b.t.Helper()
	list, err := b.ListBucket("archive", nil, gofakes3.ListBucketPage{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range list.Contents {
		names = append(names, c.Key)
	}
	return names
}

// object returns the bytes of an object; nil = it is not there.
func (b *bucketServer) object(name string) []byte {
	object, err := b.GetObject("archive", name, nil)
	if err != nil {
		return nil
	}
	defer object.Contents.Close()
	body, err := io.ReadAll(object.Contents)
	if err != nil {
		b.t.Fatal(err)
	}
	return body
}

// sum returns the SHA-256 of an object in hex; empty = it is not there.
func (b *bucketServer) sum(name string) string {
	body := b.object(name)
	if body == nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(body))
}

// fits says whether every file that the manifest names is there with the sum that it names.
func (b *bucketServer) fits(t *testing.T) bool {
	path := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(path, b.object("manifest.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := dump.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range m.Files {
		if b.sum(file.Path) != file.SHA256 {
			return false
		}
	}
	return len(m.Files) > 10
}

func (b *bucketServer) await(what string, done func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s: not in the bucket after a minute; there are %v", what, b.keys())
		}
	}
}
