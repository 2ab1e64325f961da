package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// opened runs the endpoints for one test and returns their base URL and what ends them.
func opened(t *testing.T, checks map[string]Check) (string, func() error) {
	t.Helper()
	registry := prometheus.NewRegistry()
	stored := prometheus.NewCounter(prometheus.CounterOpts{Name: "bigbrotr_writer_events_total", Help: "Events."})
	stored.Add(3)
	registry.MustRegister(stored)
	ops := NewOps("127.0.0.1:0", registry, checks, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if got := ops.Addr(); got != "" {
		t.Errorf("got address %q before Listen, want none", got)
	}
	if err := ops.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ops.Run(ctx) }()
	return "http://" + ops.Addr(), func() error { cancel(); return <-done }
}

// client keeps no connection, so that none outlives a test.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestEndpoints(t *testing.T) {
	ready := errors.New("still connecting")
	base, stop := opened(t, map[string]Check{
		"broker":   func(context.Context) error { return nil },
		"postgres": func(context.Context) error { return ready },
	})
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/livez", 200, "ok\n"},
		{"/readyz", 503, `{"checks":{"broker":{"ok":true},"postgres":{"ok":false,"reason":"still connecting"}},"ready":false}` + "\n"},
		{"/metrics", 200, "\nbigbrotr_writer_events_total 3\n"},
		{"/", 404, ""},
	} {
		if status, body := get(t, base+c.path); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: got %d %q, want %d %q", c.path, status, body, c.status, c.want)
		}
	}
	ready = nil
	if status, body := get(t, base+"/readyz"); status != 200 || !strings.Contains(body, `"ready":true`) {
		t.Errorf("got %d %q, want ready", status, body)
	}
	answer, err := client.Post(base+"/livez", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("got %d for POST, want 405", answer.StatusCode)
	}
	if err := stop(); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
	if _, err := client.Get(base + "/livez"); err == nil {
		t.Error("the endpoints still answer after Run returned")
	}
}

func TestReadyWithoutChecks(t *testing.T) {
	base, stop := opened(t, nil)
	defer func() { _ = stop() }()
	if status, body := get(t, base+"/readyz"); status != 200 || body != `{"checks":{},"ready":true}`+"\n" {
		t.Errorf("got %d %q", status, body)
	}
}

func TestReasonsAreBounded(t *testing.T) {
	v := judge(errors.New(strings.Repeat("ü", 5000)))
	if v.OK || len(v.Reason) > MaxQuoted || !strings.HasSuffix(v.Reason, "ü") {
		t.Errorf("got %d bytes, want at most %d and whole runes", len(v.Reason), MaxQuoted)
	}
	if v := judge(context.DeadlineExceeded); !strings.HasPrefix(v.Reason, "no answer in time") {
		t.Errorf("got %q", v.Reason)
	}
}

func TestChecksRunTogetherAndWithADeadline(t *testing.T) {
	first, second := make(chan struct{}), make(chan struct{})
	base, stop := opened(t, map[string]Check{
		"a": func(ctx context.Context) error { close(first); return meet(ctx, second) },
		"b": func(ctx context.Context) error { close(second); return meet(ctx, first) },
		"c": func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); !ok {
				return errors.New("no deadline")
			}
			return nil
		},
	})
	defer func() { _ = stop() }()
	if status, body := get(t, base+"/readyz"); status != 200 {
		t.Errorf("got %d %q, want all checks passed", status, body)
	}
}

func meet(ctx context.Context, other chan struct{}) error {
	select {
	case <-other:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAddressInUseIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ops := NewOps(l.Addr().String(), prometheus.NewRegistry(), nil, slog.New(slog.DiscardHandler))
	err = ops.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "OPS_LISTEN") {
		t.Errorf("got %v, want the address and its setting", err)
	}
}

func TestSwitchedOff(t *testing.T) {
	for _, listen := range []string{"", "none"} {
		ops := NewOps(listen, prometheus.NewRegistry(), nil, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- ops.Run(ctx) }()
		select {
		case err := <-done:
			t.Errorf("%q: got an early end: %v", listen, err)
		case <-time.After(30 * time.Millisecond):
		}
		cancel()
		if err := <-done; err != nil || ops.Addr() != "" {
			t.Errorf("%q: got %v and address %q, want neither", listen, err, ops.Addr())
		}
	}
}

// A peer that opens a connection and says nothing must not hold Run.
func TestSilentPeerDoesNotHoldTheEnd(t *testing.T) {
	base, stop := opened(t, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("got %v after %s, want an end at once", err, time.Since(began))
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}
