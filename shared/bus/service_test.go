package bus_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// serve runs Serve until the test ends, or until the returned function is called, and waits for its end.
func serve(t *testing.T, b *bus.Bus, subject string, handle func(context.Context, []byte) ([]byte, error)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx, subject, handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: got %v, want nil after its context ended", err)
		}
	})
	t.Cleanup(stop)
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, err := b.Request(t.Context(), subject, []byte("ready?")); !errors.Is(err, bus.ErrNobody) {
			return stop
		}
		if time.Now().After(deadline) {
			t.Fatal("the service did not come up in 10 s")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestRequestIsAnswered(t *testing.T) {
	b := connect(t, small())
	if _, err := b.Request(t.Context(), "brotr.svc.test", nil); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("without a service: got %v, want ErrNobody", err)
	}
	stop := serve(t, b, "brotr.svc.test", func(_ context.Context, body []byte) ([]byte, error) {
		if string(body) == "bad" {
			return nil, errors.New("that is bad")
		}
		return bytes.ToUpper(body), nil
	})
	if got, err := b.Request(t.Context(), "brotr.svc.test", []byte("hello")); err != nil || string(got) != "HELLO" {
		t.Errorf("got %q, %v, want HELLO", got, err)
	}
	if got, err := b.Request(t.Context(), "brotr.svc.test", []byte("bad")); err == nil || !strings.Contains(err.Error(), "that is bad") || got != nil {
		t.Errorf("got %q, %v, want the service's own words as error", got, err)
	}
	stop()
	if _, err := b.Request(t.Context(), "brotr.svc.test", nil); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("after its end: got %v, want ErrNobody", err)
	}
}

func TestReplicasShareRequests(t *testing.T) {
	b := connect(t, small())
	var first, second atomic.Int64
	count := func(n *atomic.Int64) func(context.Context, []byte) ([]byte, error) {
		return func(_ context.Context, body []byte) ([]byte, error) { n.Add(1); return body, nil }
	}
	serve(t, b, "brotr.svc.test", count(&first))
	serve(t, b, "brotr.svc.test", count(&second))
	testkit.Until(t, "a request reaches each replica", func() bool {
		_, err := b.Request(t.Context(), "brotr.svc.test", []byte("ready?"))
		return err == nil && first.Load() > 0 && second.Load() > 0
	})
	before := first.Load() + second.Load()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			want := strconv.Itoa(i)
			if got, err := b.Request(t.Context(), "brotr.svc.test", []byte(want)); err != nil || string(got) != want {
				t.Errorf("request %s: got %q, %v", want, got, err)
			}
		})
	}
	all.Wait()
	if got := first.Load() + second.Load() - before; got != 200 {
		t.Errorf("got %d requests in work, want each of 200 once", got)
	}
}

func TestRequestsInWorkAreBounded(t *testing.T) {
	b := connect(t, small())
	var now, beyond atomic.Int64
	release := make(chan struct{})
	serve(t, b, "brotr.svc.test", func(_ context.Context, body []byte) ([]byte, error) {
		if string(body) == "ready?" {
			return body, nil
		}
		if now.Add(1) > 8 {
			beyond.Add(1)
		}
		<-release
		now.Add(-1)
		return body, nil
	})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := b.Request(t.Context(), "brotr.svc.test", []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	testkit.Until(t, "8 requests are in work", func() bool { return now.Load() >= 8 })
	close(release)
	all.Wait()
	if got := beyond.Load(); got != 0 {
		t.Errorf("got %d requests taken into work beyond the 8 at once", got)
	}
}
