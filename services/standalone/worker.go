package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	writerConns      = 8
	refresherConns   = 8 // one for each job
	apiConns         = 16
	workerConns      = 4
	refresherTimeout = time.Hour // of one statement: a rebuild or a first fold is long
	apiTimeout       = 2 * time.Second
	askAgain         = time.Second // while the initializer is at work
)

// parts is what a service is made of.
type parts struct {
	cfg     Config
	options relay.Options
	bounds  subject.Bounds
	places  Places
	bus     *bus.Bus
	store   *store.Store // nil for a service without database
	gate    *budget.Gate // nil for a service that does not dial
	log     *slog.Logger
}

// recipe says how one service is made.
type recipe struct {
	name    string
	dsn     func(Places) string // nil = it needs no database
	conns   int32
	timeout time.Duration // of a statement; 0 = the default
	dials   bool          // it asks strangers: it goes through the gate, and may be paused
	first   bool          // it prepares the system; all others wait until it is done
	build   func(parts) app.Service
}

func reading(p Places) string     { return p.Reader }
func writing(p Places) string     { return p.Writer }
func erasing(p Places) string     { return p.Eraser }
func maintaining(p Places) string { return p.Refresher }

// worker runs one service: it connects, waits until the system is prepared, and closes its connections at the end.
type worker struct {
	recipe
	parts
	door     *door         // to the gate; nil when nobody of this process dials
	prepared chan struct{} // closed by the worker that prepares; nil when another process does
	waiting  atomic.Pointer[error]
	ended    atomic.Bool
}

// Run is the life of the service. It returns nil when ctx ends, whatever it was waiting for.
func (w *worker) Run(ctx context.Context) error {
	err := w.run(ctx)
	w.ended.Store(err == nil && w.first)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (w *worker) run(ctx context.Context) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	defer w.close()
	if err := w.await(ctx); err != nil {
		return err
	}
	if w.dials {
		return w.pass(ctx)
	}
	service := w.build(w.parts)
	w.waiting.Store(nil)
	if err := service.Run(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if w.first && w.prepared != nil {
		close(w.prepared)
	}
	return nil
}

// open connects to the broker, for ever if need be, and prepares the pool of the database.
func (w *worker) open(ctx context.Context) (err error) {
	w.wait(errors.New("connecting to NATS"))
	name := "bigbrotr-" + w.name
	if w.dsn != nil {
		w.store, err = store.Open(store.Config{URL: w.dsn(w.places), Service: w.name, MaxConns: w.maxConns(), StatementTimeout: w.timeout,
			Pooled: w.cfg.Database.Pooled}, w.log)
		if err != nil {
			return err
		}
	}
	w.bus, err = bus.Connect(ctx, bus.Config{URL: w.places.NATS, Creds: w.cfg.NATS.Creds, Name: name,
		InboxPrefix: w.cfg.NATS.InboxPrefix}, w.log)
	if err != nil && w.store != nil {
		w.store.Close()
	}
	return err
}

func (w *worker) maxConns() int32 {
	switch {
	case w.cfg.Database.MaxConns > 0:
		return w.cfg.Database.MaxConns
	case w.conns > 0:
		return w.conns
	}
	return workerConns
}

func (w *worker) close() {
	w.bus.Close()
	if w.store != nil {
		w.store.Close()
	}
}

// await returns when the service may begin: the first one when the owner of the database can connect, the others when
// streams and schema are there.
func (w *worker) await(ctx context.Context) error {
	if w.first {
		return w.awaitOwner(ctx)
	}
	w.wait(errors.New("waiting for the initializer"))
	if w.prepared != nil {
		select {
		case <-w.prepared:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for told := false; ; told = true {
		err := w.look(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		w.wait(fmt.Errorf("waiting for the initializer: %w", err))
		if !told {
			w.log.Warn("The system was not prepared yet; trying again", app.ServiceName, w.name, app.Err, err)
		}
		if !app.Sleep(ctx, app.Jitter(askAgain, 0.25)) {
			return ctx.Err()
		}
	}
}

// awaitOwner waits for a database that takes the connection of the owner; the other roles may not exist yet.
func (w *worker) awaitOwner(ctx context.Context) error {
	w.wait(errors.New("connecting to Postgres"))
	owner, err := store.Open(store.Config{URL: w.places.Owner, Service: w.name, MaxConns: 1}, w.log)
	if err != nil {
		return fmt.Errorf("read DATABASE_OWNER_URL: %w", err)
	}
	defer owner.Close()
	return owner.Connect(ctx)
}

// look says what the system lacks.
func (w *worker) look(ctx context.Context) error {
	if err := w.bus.Ready(ctx); err != nil {
		return err
	}
	if w.store == nil {
		return nil
	}
	return w.store.VerifySchema(ctx)
}

func (w *worker) wait(err error) { w.waiting.Store(&err) }

// ready is the service's line of /readyz.
func (w *worker) ready(ctx context.Context) error {
	if w.ended.Load() {
		return nil
	}
	if why := w.waiting.Load(); why != nil {
		return *why
	}
	if err := w.bus.Ready(ctx); err != nil {
		return err
	}
	if w.store == nil {
		return nil
	}
	return w.store.Ready(ctx)
}
