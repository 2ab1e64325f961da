package benchmark

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

// WriteConfig says what a run of Write does.
type WriteConfig struct {
	Config                      // Events = new events that are timed
	Sample   int                // events that are written into the empty archive before sizes are read
	Prefill  int                // rows of event before the clock starts
	Batch    int                // events of one transaction, as WRITER_BATCH_EVENTS
	Hostile  bool               // measure with hostile events in each batch as well
	Readers  int                // how many ask while events are written; 0 = that is not measured
	Counting bool               // measure what the counters cost as well
	Corpus   string             // JSONL of events that are stored in a database of their own and measured; empty = none
	Alone    bool               // leave the original out
	Beside   bool               // measure beside an archive that is almost empty as well
	Data     string             // directory whose Postgres is used and kept, made if it is missing; empty = one that is removed at the end
	Postgres map[string]string  // settings over those of package pgd
	Queries  string             // file for the plans of what readers ask; empty = they are not asked
	Options  store.WriteOptions // of every write
}

// sampleRelays is how many relays serve each event of the sample: one of the real network is served by 4.7.
const sampleRelays = 5

// Write measures how fast the archive takes events and sightings at the level of the store, and how many bytes they take.
func Write(ctx context.Context, cfg WriteConfig, log *slog.Logger) (WriteReport, error) {
	began := time.Now()
	b := &bench{cfg: cfg}
	defer b.stop(ctx)
	if err := b.start(ctx, log); err != nil {
		return WriteReport{}, err
	}
	for _, step := range []func(context.Context) error{b.size, b.prefill, b.timeNew, b.timeKnown, b.timeHostile, b.timeReaders, b.timeCounting, b.sizeCorpus, b.timeQueries} {
		if err := step(ctx); err != nil {
			return WriteReport{}, err
		}
	}
	b.report.conclude()
	report := b.report
	server, err := b.store.Server(ctx)
	if err != nil {
		return WriteReport{}, err
	}
	report.Machine, err = machine(b.dir, fmt.Sprintf("%d.%d", server.Version/10000, server.Version%10000))
	report.Seconds = time.Since(began).Seconds()
	return report, err
}

// bench is a private Postgres with an archive, and with the original's schema in a second database.
type bench struct {
	cfg      WriteConfig
	dir      string
	postgres *pgd.Server
	store    *store.Store // as the writer's role
	archive  *measure.Archive
	small    *store.Store      // an archive that is almost empty; nil = none
	found    int64             // events that Data held before
	seed     uint64            // of the world
	original *measure.Original // nil = left out
	events   []event.Event     // of the world: the first are for sizes, the others are timed
	report   WriteReport
}

func (b *bench) start(ctx context.Context, log *slog.Logger) (err error) {
	b.cfg.say("starting Postgres")
	if err := b.makeDir(); err != nil {
		return err
	}
	b.postgres = pgd.New(pgd.Config{Dir: filepath.Join(b.dir, "postgres"), Settings: b.cfg.Postgres}, log)
	if err := b.postgres.Start(ctx); err != nil {
		return err
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	b.cfg.say("composing %d events", b.cfg.Sample+b.cfg.Events)
	b.seed = b.cfg.Seed + uint64(b.found) // whatever filled the archive before, these are others
	b.events = simrelay.GenerateWorld(simrelay.WorldConfig{Seed: b.seed, Events: b.cfg.Sample + b.cfg.Events, Unsigned: true}).Events
	b.report.begin(b.cfg, b.events)
	return nil
}

func (b *bench) makeDir() (err error) {
	if b.dir = b.cfg.Data; b.dir != "" {
		err = os.MkdirAll(b.dir, 0o755)
	} else {
		b.dir, err = os.MkdirTemp(b.cfg.Dir, "bigbrotr-bench-")
	}
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	if err := os.Chmod(b.dir, 0o755); err != nil { // Postgres never runs as root and must get in
		return fmt.Errorf("open the directory to Postgres: %w", err)
	}
	return nil
}

func (b *bench) open(ctx context.Context) (err error) {
	owner := b.postgres.URL("postgres")
	if _, err := store.Migrate(ctx, owner, discard); err != nil {
		return err
	}
	if b.archive, err = measure.Open(ctx, owner); err != nil {
		return err
	}
	if b.found, err = b.archive.Rows(ctx, "event"); err != nil {
		return err
	}
	b.store, err = openStore(owner, "bigbrotr_writer", 2)
	return err
}

func openStore(owner, role string, conns int32) (*store.Store, error) {
	return store.Open(store.Config{URL: as(owner, role), Service: "bench", MaxConns: conns}, discard)
}

// openSmall makes an archive without events beside the other.
func (b *bench) openSmall(ctx context.Context) (err error) {
	if !b.cfg.Beside {
		return nil
	}
	if err := b.archive.CreateDatabase(ctx, smallDatabase); err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, b.postgres.URL(smallDatabase), discard); err != nil {
		return err
	}
	b.small, err = openStore(b.postgres.URL(smallDatabase), "bigbrotr_writer", 1)
	return err
}

const smallDatabase = "small"

// prefill fills both archives to the size at which they are timed.
func (b *bench) prefill(ctx context.Context) error {
	b.cfg.say("filling up to %d events", b.cfg.Prefill)
	missing := max(0, b.cfg.Prefill-max(int(b.found), b.cfg.Sample))
	if err := b.openSmall(ctx); err != nil {
		return err
	}
	if b.cfg.Alone {
		if missing == 0 {
			return nil
		}
		return b.archive.Fill(ctx, b.events, missing)
	}
	if err := b.archive.CreateDatabase(ctx, "original"); err != nil {
		return err
	}
	fill, ctx := errgroup.WithContext(ctx)
	fill.Go(func() error { return b.archive.Fill(ctx, b.events, missing) })
	fill.Go(func() (err error) {
		b.original, err = measure.OpenOriginal(ctx, b.postgres.URL("original"), b.events, b.cfg.Prefill)
		return err
	})
	return fill.Wait()
}

// stop ends Postgres and removes every file that is not to be kept.
func (b *bench) stop(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if b.store != nil {
		b.store.Close()
	}
	if b.small != nil {
		b.small.Close()
	}
	if b.archive != nil {
		b.archive.Close(ctx)
	}
	if b.original != nil {
		b.original.Close(ctx)
	}
	if b.postgres != nil {
		b.postgres.Stop()
	}
	if b.dir != "" && b.cfg.Data == "" {
		_ = os.RemoveAll(b.dir)
	}
}
