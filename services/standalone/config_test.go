package standalone

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/publisher"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestLoadReportsEverythingAtOnceAndNoSecret(t *testing.T) {
	_, err := Load(map[string]string{
		"DATABASE_READ_URL": "postgres://reader:hunter2@db/bigbrotr", "NATS_CREDS": "a.creds", "LOG_LEVEL": "loud",
		"MONITOR_PRIVATE_KEY": "hunter2", "SYNC_PAGE_LIMIT": "0",
	})
	if err == nil {
		t.Fatal("got no error, want five")
	}
	for _, name := range []string{"DATABASE_READ_URL", "NATS_CREDS", "LOG_LEVEL", "MONITOR_PRIVATE_KEY", "SYNC_PAGE_LIMIT"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("got %q, want %s in it", err, name)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got a secret in %q", err)
	}
}

// TestEveryListFileIsRead: whoever asks whether the settings are right wants to know it of the files, too.
func TestEveryListFileIsRead(t *testing.T) {
	for _, name := range []string{"SEED_FILE", "FINDER_SOURCES", "MONITOR_CANARIES", "ALERT_SUBSCRIPTIONS", "SYNC_FILTERS", "SYNC_OVERRIDES", "RETENTION_RULES"} {
		if _, err := Load(map[string]string{name: "missing.yaml"}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s names no file: got %v, want it said", name, err)
		}
	}
	wrong := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(wrong, []byte("sources:\n  - url: ftp://a\n    every: 1s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(map[string]string{"FINDER_SOURCES": wrong}); err == nil || !strings.Contains(err.Error(), "ftp://a") {
		t.Errorf("a list that is none: got %v, want it said", err)
	}
}

// TestWhatTheMonitorAnnouncesIsWhatItDoes: deadlines differ from check to check, and relays that are looked at seldom have
// no fresh event more often.
func TestWhatTheMonitorAnnouncesIsWhatItDoes(t *testing.T) {
	cfg, err := Load(map[string]string{"CLEARNET_CHECK_TIMEOUT": "7s", "MONITOR_CHECKS": "write,http,capabilities",
		"MONITOR_INTERVAL": "2h", "TOR_MONITOR_INTERVAL": "12h", "I2P_MONITOR_INTERVAL": "24h", "TOR_PROXY": "socks5h://tor:9050"})
	if err != nil {
		t.Fatal(err)
	}
	self := cfg.Self()
	want := []publisher.Question{{Check: "open", Timeout: 7 * time.Second}, {Check: "read", Timeout: 7 * time.Second},
		{Check: "write", Timeout: 9 * time.Second}, {Check: "http", Timeout: time.Second}, {Check: "capabilities", Timeout: 21 * time.Second}}
	if !slices.Equal(self.Checks, want) || self.Interval != 12*time.Hour {
		t.Errorf("got %v every %s, want %v every 12h: i2p is off", self.Checks, self.Interval, want)
	}
}

func TestConnectionsDefaultToTheOneThatWrites(t *testing.T) {
	cfg, err := Load(map[string]string{"DATABASE_URL": "postgres://w@db/x", "NATS_URL": "nats://n:4222"})
	if err != nil {
		t.Fatal(err)
	}
	if p := cfg.places(); p.Reader != "postgres://w@db/x" || p.Owner != p.Writer {
		t.Errorf("got %+v, want all to be DATABASE_URL", p)
	}
	cfg.Database.ReadURL = app.NewSecret("postgres://r@db/x")
	if p := cfg.places(); p.Reader != "postgres://r@db/x" || p.Owner != "postgres://w@db/x" {
		t.Errorf("got %+v, want the reader's own", p)
	}
}

func TestPlacesAreFoundAgainByTheSameUserAlone(t *testing.T) {
	cfg := Config{DataDir: t.TempDir()}
	if p, err := Find(cfg); err != nil || !errors.Is(p.Lacks(true, false), ErrNowhere) || !errors.Is(p.Lacks(false, true), ErrNowhere) {
		t.Errorf("got %+v (%v) without a process, want nothing", p, err)
	}
	want := Places{PID: os.Getpid(), NATS: "nats://n:1", Writer: "w", Reader: "r", Owner: "o", EmbeddedNATS: true}
	if err := want.write(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(cfg); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	info, err := os.Stat(filepath.Join(cfg.DataDir, runFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v (%v), want 0600", info.Mode(), err)
	}
	dead := want
	dead.PID = 1 << 30
	if err := dead.write(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(cfg); err != nil || got.NATS != "" {
		t.Errorf("got %+v (%v) of a process that is gone, want nothing", got, err)
	}
	if err := want.write(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	cfg.NATS.URL = app.NewSecret("nats://elsewhere:2")
	if got, err := Find(cfg); err != nil || got.NATS != "nats://elsewhere:2" || got.EmbeddedNATS || got.Reader != "r" {
		t.Errorf("got %+v (%v), want the environment's NATS and the process's Postgres", got, err)
	}
}

func TestDiskShareStaysWhatTheFirstStartSettled(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, shareFile)
	first, err := diskShare(dir, file)
	if err != nil || first.Bytes <= 0 {
		t.Fatalf("got %+v, %v, want a share of this disk", first, err)
	}
	if err := os.WriteFile(file, []byte(`{"bytes":1073741824}`), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := diskShare(dir, file)
	if err != nil || again.Bytes != 1<<30 {
		t.Errorf("got %+v, %v, want that of the file", again, err)
	}
	cfg, err := Load(map[string]string{"STREAM_INGEST_BYTES": "16GiB", "STREAM_EVENTS_AGE": "1h"})
	if err != nil {
		t.Fatal(err)
	}
	fitted := cfg.fit(again)
	if total := fitted.Total(); total > 1<<30 || again.maxStore() <= total || fitted.EventsAge != time.Hour {
		t.Errorf("got %+v in a store of %d, want the configured limits scaled into 1 GiB", fitted, again.maxStore())
	}
	if roomy := cfg.fit(share{1 << 40}); roomy.IngestBytes != 16<<30 {
		t.Errorf("got %+v on a large disk, want what is configured", roomy)
	}
}

func TestUnknownServiceIsNamed(t *testing.T) {
	if _, err := choose([]string{"writer", "reader"}); err == nil || !strings.Contains(err.Error(), `"reader"`) {
		t.Errorf("got %v, want the name", err)
	}
	all, err := choose([]string{All, "writer"})
	if err != nil || len(all) != len(recipes) || !all[0].first {
		t.Errorf("got %d services (%v), want all once, the initializer first", len(all), err)
	}
}
