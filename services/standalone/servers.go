package standalone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
)

const (
	// database of the private Postgres.
	database = "postgres"
	// boundsFile keeps the limits of the streams: a later start must not find them larger than what the server may take.
	boundsFile = "streams.json"
	// stateBytes is what buckets and tasks may take beside the bounded streams.
	stateBytes = 96 << 20
)

// servers are the NATS server and the Postgres of this process; one that the configuration has elsewhere is nil.
type servers struct {
	places   Places
	bounds   subject.Bounds
	nats     *natsd.Server
	postgres *pgd.Server
	dir      string
	told     bool // run.json is ours
}

// startServers starts what the configuration does not have elsewhere. After an error nothing is left running.
func startServers(ctx context.Context, cfg Config, log *slog.Logger) (*servers, error) {
	s := &servers{places: cfg.places(), bounds: subject.DefaultBounds(), dir: cfg.DataDir}
	s.places.PID = os.Getpid()
	if err := s.startBoth(ctx, cfg, log); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *servers) startBoth(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil { // Postgres may run as somebody else
		return fmt.Errorf("create DATA_DIR: %w", err)
	}
	if s.places.NATS == "" {
		if err := s.startNATS(ctx, cfg, log); err != nil {
			return err
		}
	}
	if s.places.Writer == "" {
		return s.startPostgres(ctx, cfg, log)
	}
	return nil
}

func (s *servers) startNATS(ctx context.Context, cfg Config, log *slog.Logger) error {
	dir := cfg.dir("nats")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create directory of NATS: %w", err)
	}
	var err error
	if s.bounds, err = fitBounds(dir, cfg.dir(boundsFile), cfg.say); err != nil {
		return err
	}
	s.nats = natsd.New(natsd.Config{Dir: dir, Listen: cfg.NATS.Listen, SyncAlways: true, MaxStore: maxStore(s.bounds)}, log)
	if err := s.nats.Start(ctx); err != nil {
		return fmt.Errorf("start the embedded NATS (NATS_LISTEN): %w", err)
	}
	s.places.NATS, s.places.EmbeddedNATS = s.nats.URL(), true
	return nil
}

func (s *servers) startPostgres(ctx context.Context, cfg Config, log *slog.Logger) error {
	s.postgres = pgd.New(pgd.Config{Dir: cfg.dir("postgres")}, log)
	if err := s.postgres.Start(ctx); err != nil {
		return fmt.Errorf("start the private Postgres: %w", err)
	}
	s.places.Owner = s.postgres.URL(database)
	s.places.Writer, s.places.Reader = as(s.places.Owner, "bigbrotr_writer"), as(s.places.Owner, "bigbrotr_reader")
	s.places.EmbeddedPostgres = true
	return nil
}

// findServers returns those of another process, and an error when a service needs one that is nowhere.
func findServers(cfg Config, chosen []recipe) (*servers, error) {
	places, err := Find(cfg)
	if err != nil {
		return nil, err
	}
	places.PID = 0
	database := slices.ContainsFunc(chosen, func(r recipe) bool { return r.dsn != nil })
	return &servers{places: places, bounds: subject.DefaultBounds(), dir: cfg.DataDir}, places.Lacks(true, database)
}

// stop ends NATS first: nothing may be acknowledged that nobody will write.
func (s *servers) stop() {
	if s.told {
		removePlaces(s.dir)
	}
	if s.nats != nil {
		s.nats.Stop()
	}
	if s.postgres != nil {
		s.postgres.Stop()
	}
}

// maxStore is what the server may take for the given streams: never less than they reserve, or it could not open
// them again after a restart on a fuller disk.
func maxStore(b subject.Bounds) int64 { return b.Total()/4*5 + stateBytes }

// Bounds returns the limits of the streams: those that the default run settled on this DATA_DIR, else the full ones.
func Bounds(cfg Config) (subject.Bounds, error) {
	if _, err := os.Stat(cfg.dir(boundsFile)); err != nil || !cfg.NATS.URL.IsZero() {
		return subject.DefaultBounds(), nil
	}
	return fitBounds(cfg.dir("nats"), cfg.dir(boundsFile), cfg.say)
}

// fitBounds returns the limits of the streams: those of the first start, or the full ones scaled to the disk.
func fitBounds(dir, file string, say func(string, ...any)) (subject.Bounds, error) {
	text, err := os.ReadFile(file)
	if err == nil {
		var b subject.Bounds
		if err := json.Unmarshal(text, &b); err != nil {
			return b, fmt.Errorf("decode %s: %w", file, err)
		}
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return subject.Bounds{}, fmt.Errorf("read bounds of the streams: %w", err)
	}
	return scaleBounds(dir, file, say)
}

func scaleBounds(dir, file string, say func(string, ...any)) (subject.Bounds, error) {
	budget, err := natsd.Budget(dir)
	if err != nil {
		return subject.Bounds{}, err
	}
	full := subject.DefaultBounds()
	b := full.Within((budget - stateBytes) / 5 * 4)
	if b != full {
		say("the streams may take %s instead of %s: 60 %% of the free disk under %s", app.Size(b.Total()>>20<<20),
			app.Size(full.Total()>>20<<20), filepath.Dir(dir))
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return b, fmt.Errorf("encode bounds of the streams: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return b, fmt.Errorf("write bounds of the streams: %w", err)
	}
	return b, nil
}

// say prints a line for people.
func (c Config) say(format string, v ...any) {
	if c.Progress != nil {
		fmt.Fprintf(c.Progress, format+"\n", v...)
	}
}
