package writer

import (
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	// contentionTries is how often a transaction that met another one is tried.
	contentionTries = 5
	contentionPause = 20 * time.Millisecond
	contentionDelay = 3 * time.Second
	// firstProbe and slowestProbe bound the time between two looks for a Postgres that is away.
	firstProbe   = time.Second
	slowestProbe = 30 * time.Second
	// pauseSpread is the share of a pause that chance decides.
	pauseSpread = 0.25
)

// apply writes a group in one transaction. The class of an error decides what is done about it here; the error that is
// returned decides what becomes of the messages.
func (w *Writer) apply(ctx context.Context, g *group) (store.Written, error) {
	t := attempt{w: w, write: w.store.Write, pause: firstProbe}
	for {
		began := time.Now()
		written, err := t.write(ctx, g.batches, w.options())
		if err == nil {
			count(written, time.Since(began))
			t.resumed()
			return written, nil
		}
		if ctx.Err() != nil {
			return store.Written{}, err // the bus hands the messages to a peer
		}
		if err := t.after(ctx, g, err); err != nil {
			return store.Written{}, err
		}
	}
}

// options are what the settings say about every write.
func (w *Writer) options() store.WriteOptions {
	return store.WriteOptions{SightingRefresh: w.cfg.SightingRefresh, Service: w.cfg.URL, Light: w.cfg.Mode == "light", Rules: w.rules}
}

// attempt is what the tries of one transaction remember.
type attempt struct {
	w          *Writer
	write      func(context.Context, []*ingest.Batch, store.WriteOptions) (store.Written, error)
	careful    bool
	collisions int
	pause      time.Duration
	lost       time.Time // when Postgres could not write first; zero = it could
}

// after does what an error asks for; nil means that the transaction is to be tried again.
func (t *attempt) after(ctx context.Context, g *group, err error) error {
	class := store.Classify(err)
	failures.WithLabelValues(class.String()).Inc()
	switch {
	case class == store.Infrastructure:
		g.doubt()
		t.await(ctx, err)
		return nil
	case class == store.Contention:
		if t.collisions++; t.collisions == contentionTries {
			return bus.Retry(contentionDelay, err)
		}
		app.Sleep(ctx, app.Jitter(contentionPause<<t.collisions, pauseSpread))
		return nil
	case class == store.Data && !t.careful:
		t.w.log.Warn("Postgres refused a value; looking for it", app.Batch, len(g.batches), app.Err, err)
		t.write, t.careful = t.w.store.WriteCarefully, true
		return nil
	}
	if drift := t.w.store.VerifySchema(ctx); drift != nil {
		t.w.log.Error("Schema is not ours; waiting for the initializer", app.Err, drift)
		t.await(ctx, err)
		return nil
	}
	if len(g.batches) > 1 {
		return &divideError{err}
	}
	return t.w.giveUp(ctx, g, err)
}

// divideError asks for a group to be written message by message: one of them cannot be written at all.
type divideError struct{ err error }

func (e *divideError) Error() string { return e.err.Error() }

// await returns when Postgres answers again, or ctx ends. The next wait begins with a longer pause: an error that comes
// back although Postgres answers, as that of a full disk does, must not be met in a hurry, nor be told each time.
// Meanwhile nothing is fetched, and the bus tells the server that the messages in hand are in work.
func (t *attempt) await(ctx context.Context, err error) {
	if t.lost.IsZero() {
		t.lost = time.Now()
		t.w.log.Warn("Postgres could not write; waiting for it", app.Err, err)
	}
	for app.Sleep(ctx, app.Jitter(t.pause, pauseSpread)) {
		t.pause = min(2*t.pause, slowestProbe)
		if t.w.store.Ready(ctx) == nil {
			return
		}
	}
}

// resumed tells that a wait is over.
func (t *attempt) resumed() {
	if !t.lost.IsZero() {
		t.w.log.Info("Postgres wrote again", app.Took, time.Since(t.lost).Milliseconds())
	}
}

// giveUp keeps the exact bytes of messages that a mistake of ours makes impossible to write, in quarantine and on DEAD.
func (w *Writer) giveUp(ctx context.Context, g *group, err error) error {
	w.log.Error("Batch was given up: this build cannot write it", app.Batch, len(g.batches), app.Err, err)
	for _, d := range g.deliveries {
		reason := fmt.Sprintf("unwritable: %v", err)
		if qErr := w.store.Quarantine(ctx, d.Body, reason); qErr != nil {
			w.log.Error("Batch could not be quarantined; DEAD has it", app.Subject, d.Subject, app.Err, qErr)
		}
	}
	return bus.Discard("unwritable", err)
}

// outcome names a verdict as a metric label.
func outcome(err error) string {
	if err == nil {
		return "written"
	}
	return "not_written"
}
