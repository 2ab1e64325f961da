package standalone

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
)

// database of the private Postgres.
const database = "postgres"

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
	s := &servers{places: cfg.places(), bounds: cfg.Streams.bounds(), dir: cfg.DataDir}
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
	share, err := diskShare(dir, cfg.dir(shareFile))
	if err != nil {
		return err
	}
	s.bounds = cfg.fit(share)
	s.nats = natsd.New(natsd.Config{Dir: dir, Listen: cfg.NATS.Listen, SyncAlways: true, MaxStore: share.maxStore()}, log)
	if err := s.nats.Start(ctx); err != nil {
		return fmt.Errorf("start the embedded NATS (NATS_LISTEN): %w", err)
	}
	s.places.NATS, s.places.EmbeddedNATS = s.nats.URL(), true
	return nil
}

func (s *servers) startPostgres(ctx context.Context, cfg Config, log *slog.Logger) error {
	s.postgres = pgd.New(pgd.Config{Dir: cfg.dir("postgres"), Archive: cfg.ArchiveDir}, log)
	if err := s.postgres.Start(ctx); err != nil {
		return fmt.Errorf("start the private Postgres: %w", err)
	}
	s.places.Owner = s.postgres.URL(database)
	s.places.Writer, s.places.Reader = as(s.places.Owner, "bigbrotr_writer"), as(s.places.Owner, "bigbrotr_reader")
	s.places.Eraser = as(s.places.Owner, "bigbrotr_eraser")
	s.places.Refresher = as(s.places.Owner, "bigbrotr_refresher")
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
	return &servers{places: places, bounds: cfg.Streams.bounds(), dir: cfg.DataDir}, places.Lacks(true, database)
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

// say prints a line for people.
func (c Config) say(format string, v ...any) {
	if c.Progress != nil {
		fmt.Fprintf(c.Progress, format+"\n", v...)
	}
}
