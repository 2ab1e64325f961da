package standalone

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestServiceWaitsForTheInitializerAndSaysSo starts a writer before there is a schema or a stream, looks at /readyz, then
// lets another process prepare the system.
func TestServiceWaitsForTheInitializerAndSaysSo(t *testing.T) {
	cfg := outside(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg, []string{"writer"}, slog.New(slog.DiscardHandler)) }()
	ready(t, cfg, http.StatusServiceUnavailable, "waiting for the initializer")

	prepare := cfg
	prepare.App.OpsListen, prepare.Initializer.Seed = "none", "none"
	if err := Run(t.Context(), prepare, []string{"initializer"}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("run the initializer: got %v, want an end on its own", err)
	}
	ready(t, cfg, http.StatusOK, `"writer":{"ok":true}`)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

// TestServiceWaitsForNATS starts a validator without a broker: it stays up, says why it is not ready, and ends at once.
func TestServiceWaitsForNATS(t *testing.T) {
	cfg, err := Load(map[string]string{"NATS_URL": "nats://" + free(t), "DATA_DIR": t.TempDir(), "OPS_LISTEN": free(t), "API_LISTEN": "none"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg, []string{"validator"}, slog.New(slog.DiscardHandler)) }()
	ready(t, cfg, http.StatusServiceUnavailable, "connecting to NATS")
	cancel()
	if err := <-done; err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

func TestServiceThatNeedsADatabaseSaysSo(t *testing.T) {
	cfg, err := Load(map[string]string{"NATS_URL": "nats://" + free(t), "DATA_DIR": t.TempDir(), "OPS_LISTEN": "none", "API_LISTEN": "none"})
	if err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), cfg, []string{"writer"}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "NATS_URL") {
		t.Errorf("got %v, want DATABASE_URL and no more", err)
	}
}

// outside is a configuration with an empty broker and an empty database of the test's own.
func outside(t *testing.T) Config {
	t.Helper()
	broker := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", MaxStore: 64 << 30}, testkit.Log(t))
	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	dsn := testkit.EmptyPostgres(t)
	cfg, err := Load(map[string]string{"NATS_URL": broker.URL(), "DATABASE_URL": testkit.WriterURL(dsn), "DATABASE_OWNER_URL": dsn,
		"DATABASE_READ_URL": testkit.ReaderURL(dsn), "OPS_LISTEN": free(t), "API_LISTEN": "none", "DATA_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func free(t *testing.T) string {
	t.Helper()
	address, err := simrelay.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// ready waits for an answer of /readyz.
func ready(t *testing.T, cfg Config, status int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	last := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		answer, err := client.Get("http://" + cfg.App.OpsListen + "/readyz")
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if last = string(body); err == nil && answer.StatusCode == status && strings.Contains(last, text) {
			if !json.Valid(body) {
				t.Errorf("got %s, want JSON", body)
			}
			return
		}
	}
	t.Fatalf("got %s, want %d and %q in it", last, status, text)
}
