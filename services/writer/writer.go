package writer

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	// fetchBytes bounds the compressed bytes of one fetch: about 15,000 events.
	fetchBytes = 8 << 20
	// fetchMessages bounds the messages of one fetch: small ones are many.
	fetchMessages = 256
	// fetches is how many are in work at once: the facts of one are published while the rows of another are written.
	fetches = 2
	// newerDelay is when a batch of a newer version is tried again: an upgrade takes its time.
	newerDelay = 30 * time.Second
)

// Writer writes. Any number of them may run.
type Writer struct {
	cfg   Config
	bus   *bus.Bus
	store *store.Store
	log   *slog.Logger
	// suspect is the last message that may have been written before, though it comes as if for the first time.
	suspect atomic.Uint64
	rules   retention.Rules
}

// New prepares a writer; the store must be of the writing role.
func New(cfg Config, b *bus.Bus, s *store.Store, log *slog.Logger) *Writer {
	return &Writer{cfg: cfg, bus: b, store: s, log: log}
}

// Run writes and sweeps until ctx ends. What is in work then is finished or handed back.
func (w *Writer) Run(ctx context.Context) error {
	rules, err := retention.Read(w.cfg.Retention.Rules)
	if err != nil {
		return err
	}
	w.rules = rules
	group, ctx := errgroup.WithContext(ctx)
	limits := bus.Limits{Messages: fetchMessages, Bytes: fetchBytes, Wait: w.cfg.BatchWait}
	for range fetches {
		group.Go(func() error { return w.bus.Batches(ctx, subject.ConsumerWriter, limits, w.handle) })
	}
	group.Go(func() error { w.sweepOften(ctx); return nil })
	return group.Wait()
}

// handle writes what one fetch brought, and says which messages are not done.
func (w *Writer) handle(ctx context.Context, deliveries []*bus.Delivery) error {
	verdicts := map[*bus.Delivery]error{}
	for _, g := range w.groups(deliveries, verdicts) {
		w.writeGroup(ctx, g, verdicts)
	}
	if len(verdicts) == 0 {
		return nil
	}
	return &bus.Partial{Errors: verdicts}
}

// writeGroup notes the verdicts of a group, or of its messages one by one if one of them stands in the way of all.
func (w *Writer) writeGroup(ctx context.Context, g *group, verdicts map[*bus.Delivery]error) {
	err := w.write(ctx, g)
	if _, divide := errors.AsType[*divideError](err); divide {
		for _, single := range g.singles() {
			w.writeGroup(ctx, single, verdicts)
		}
		return
	}
	for _, d := range g.deliveries {
		if err != nil {
			verdicts[d] = err
		}
	}
	batchesMet.WithLabelValues(outcome(err)).Add(float64(len(g.deliveries)))
}

// write stores a group and publishes what it brought; nil means that its messages are done.
func (w *Writer) write(ctx context.Context, g *group) error {
	written, err := w.apply(ctx, g)
	if err != nil {
		return err
	}
	return w.publish(ctx, g, written)
}

// decode reads one message; its verdict is nil, or what becomes of a message that cannot be read.
func (w *Writer) decode(d *bus.Delivery) (*ingest.Batch, error) {
	batch, err := ingest.Decode(d.Body)
	switch {
	case err == nil:
		return batch, nil
	case errors.Is(err, ingest.ErrNewer):
		batchesMet.WithLabelValues("newer").Inc()
		w.log.Error("Batch of a newer version was put off", app.Subject, d.Subject, app.Err, err)
		return nil, bus.Retry(newerDelay, err)
	}
	batchesMet.WithLabelValues("undecodable").Inc()
	return nil, bus.Discard("undecodable", err)
}
