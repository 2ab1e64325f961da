package natsd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
)

func TestStoredMessagesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, natsd.Config{Dir: dir, SyncAlways: true})
	_, js := dial(t, s.URL())
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"brotr.event.>"}}); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := js.Publish(t.Context(), fmt.Sprintf("brotr.event.%d.00", i), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	s.Stop()
	again := start(t, natsd.Config{Dir: dir, SyncAlways: true})
	_, js = dial(t, again.URL())
	stream, err := js.Stream(t.Context(), "EVENTS")
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Msgs; got != 20 {
		t.Errorf("got %d messages after a restart, want 20", got)
	}
}

func TestPayloadIsBounded(t *testing.T) {
	s := start(t, natsd.Config{})
	nc, _ := dial(t, s.URL())
	if got := nc.MaxPayload(); got != 1<<20 {
		t.Errorf("got max payload %d, want 1 MiB", got)
	}
	if err := nc.Publish("x", make([]byte, 1<<20+1)); err != nats.ErrMaxPayload {
		t.Errorf("got %v, want %v", err, nats.ErrMaxPayload)
	}
}

func TestStoreIsBounded(t *testing.T) {
	s := start(t, natsd.Config{MaxStore: 1 << 20})
	_, js := dial(t, s.URL())
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "BIG", MaxBytes: 2 << 20})
	if err == nil || !strings.Contains(err.Error(), "insufficient storage") {
		t.Errorf("got %v, want the reservation refused", err)
	}
}

func TestPortInUseIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: l.Addr().String()}, slog.New(slog.DiscardHandler))
	err = s.Start(t.Context())
	if err == nil {
		t.Fatal("got no error on a taken port")
	}
	for _, want := range []string{l.Addr().String(), "in use", "NATS_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to contain %q", err, want)
		}
	}
}

func TestFailedStartGivesTheDirectoryBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	failed := natsd.New(natsd.Config{Dir: dir, Listen: l.Addr().String()}, slog.New(slog.DiscardHandler))
	if err := failed.Start(t.Context()); err == nil {
		t.Fatal("got no error on a taken port")
	}
	start(t, natsd.Config{Dir: dir})
}

func TestDirectoryInUseIsNamed(t *testing.T) {
	dir := t.TempDir()
	start(t, natsd.Config{Dir: dir})
	err := natsd.New(natsd.Config{Dir: dir, Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler)).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another broker is using it") || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want the directory and its owner named", err)
	}
}

func TestBadAddresses(t *testing.T) {
	for _, listen := range []string{"4222", "127.0.0.1:port", "127.0.0.1:70000", "127.0.0.1:-1"} {
		s := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: listen}, slog.New(slog.DiscardHandler))
		if err := s.Start(t.Context()); err == nil {
			s.Stop()
			t.Errorf("%s: got no error", listen)
		}
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err := s.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestStopEndsClients(t *testing.T) {
	s := start(t, natsd.Config{})
	closed := make(chan struct{})
	dial(t, s.URL(), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	url := s.URL()
	s.Stop()
	s.Stop()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("the client is still connected after Stop")
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://")); err == nil {
		c.Close()
		t.Error("the port is still open after Stop")
	}
}

func TestLogLinesAreRecords(t *testing.T) {
	var out bytes.Buffer
	start(t, natsd.Config{LogTo: slog.New(slog.NewJSONHandler(&out, nil))}).Stop()
	if !strings.Contains(out.String(), `"msg":"NATS server noted"`) {
		t.Errorf("got %q, want the server's lines", out.String())
	}
}

func TestBudgetCountsWhatIsFreeAndWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	free, err := natsd.FreeDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := natsd.Budget(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := min(free/100*60, 64<<30)
	if slack := int64(1 << 30); got > want+slack || got < want-slack {
		t.Errorf("got %d, want about %d", got, want)
	}
	if _, err := natsd.Budget(filepath.Join(dir, "missing")); err == nil {
		t.Error("got no error for a missing directory")
	}
	sparse := filepath.Join(dir, "used")
	if err := os.WriteFile(sparse, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(sparse, 1<<40); err != nil {
		t.Fatal(err)
	}
	if got, err = natsd.Budget(dir); err != nil || got != 64<<30 {
		t.Errorf("got %d and %v with a huge store, want the upper bound", got, err)
	}
}
