package api

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// place is a running API and its archive.
type place struct {
	t       *testing.T
	archive *store.Store
	url     string
}

// open starts an API until the test ends.
func open(t *testing.T, known keys, perSecond int) *place {
	t.Helper()
	dsn := testkit.Postgres(t)
	p := &place{t: t, archive: testkit.Store(t, dsn)}
	a := New(Config{RateLimit: perSecond}, event.PubKey{}, testkit.Connect(t, testkit.NATSURL(t)), testkit.Reader(t, dsn), testkit.Log(t))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := a.serve(ctx, listener, known); err != nil {
			t.Errorf("serve: got %v, want nil", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait(); http.DefaultClient.CloseIdleConnections() })
	return p
}

func (p *place) write(batch *ingest.Batch) {
	p.t.Helper()
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

// ask sends a request and decodes the answer.
func (p *place) ask(method, path, key string, into any) *http.Response {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		p.t.Fatalf("%s %s: got %.200q, want JSON: %v", method, path, text, err)
	}
	return answer
}
