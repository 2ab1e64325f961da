package s3_test

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/s3"
)

// TestMirror copies a dump into a server that speaks S3 over HTTP: every file, then only what changed, and what is gone is
// gone there, too.
func TestMirror(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("archive"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	bucket, err := s3.Open(server.URL+"/archive/dumps/a", "key", "secret", "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	one, two := file(t, dir, "events/2026-10.parquet", "one"), file(t, dir, "relays.parquet", "two")
	mirror := func(want int, files ...dump.File) {
		t.Helper()
		m := &dump.Manifest{Format: dump.Format, Files: files}
		if err := m.Write(filepath.Join(dir, "manifest.json")); err != nil {
			t.Fatal(err)
		}
		if sent, err := bucket.Mirror(t.Context(), dir, "manifest.json", m); err != nil || sent != want {
			t.Errorf("sent: got %d, %v, want %d", sent, err, want)
		}
		var keys []string
		list, err := backend.ListBucket("archive", nil, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list.Contents {
			keys = append(keys, c.Key)
		}
		slices.Sort(keys)
		wanted := []string{"dumps/a/manifest.json"}
		for _, f := range files {
			wanted = append(wanted, "dumps/a/"+f.Path)
		}
		slices.Sort(wanted)
		if !slices.Equal(keys, wanted) {
			t.Errorf("objects: got %v, want %v", keys, wanted)
		}
	}
	mirror(2, one, two)
	mirror(0, one, two)
	two = file(t, dir, "relays.parquet", "new")
	mirror(1, one, two)
	object, err := backend.GetObject("archive", "dumps/a/relays.parquet", nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(object.Contents); err != nil || string(body) != "new" {
		t.Errorf("object: got %q, %v, want the new bytes", body, err)
	}
	mirror(0, two)
}

func file(t *testing.T, dir, path, body string) dump.File {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := dump.Create(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.WriteString(out, body); err != nil {
		t.Fatal(err)
	}
	f, err := out.Finish()
	if err != nil {
		t.Fatal(err)
	}
	f.Path = path
	return f
}

func TestAddressesOfBuckets(t *testing.T) {
	for _, where := range []string{"", "bucket", "ftp://h/b", "https://h", "https://h/", "https://key:secret@h/b"} {
		if _, err := s3.Open(where, "k", "s", ""); err == nil || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%q: got %v, want an error that does not repeat it", where, err)
		}
	}
}
