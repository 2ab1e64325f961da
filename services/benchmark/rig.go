package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// rig is everything that a run needs, each part a process.
type rig struct {
	cfg      Config
	dir      string
	environ  map[string]string // of the services
	postgres *pgd.Server
	children []*child
	relay    string // URL
	mean     int    // bytes of an event
	ops      string // address of the first worker's metrics
	owner    *store.Store
	bus      *bus.Bus

	crowd   *crowd // many relays instead of the one; nil = the one
	worker  string // the service that is measured; empty = synchronizer
	job     string // what it does
	workers int    // processes of it; 0 = one
	allOps  []string
}

// assemble starts a rig. The caller stops it, whatever the error.
func (r *rig) assemble(ctx context.Context, log *slog.Logger) error {
	if r.worker == "" {
		r.worker, r.job = "synchronizer", subject.JobSync
	}
	var err error
	if r.dir, err = os.MkdirTemp(r.cfg.Dir, "bigbrotr-bench-"); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	if err := os.Chmod(r.dir, 0o755); err != nil { // Postgres never runs as root and must get in
		return fmt.Errorf("open the directory to Postgres: %w", err)
	}
	if err := r.startServers(ctx, log); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.connect(ctx, log); err != nil {
		return err
	}
	if err := r.startServices(ctx); err != nil {
		return err
	}
	return r.awaitServices(ctx)
}

// startServers starts Postgres while the world is signed: the one waits for the disk, the other for the CPU.
func (r *rig) startServers(ctx context.Context, log *slog.Logger) error {
	var postgres sync.WaitGroup
	var pgErr error
	r.postgres = pgd.New(pgd.Config{Dir: filepath.Join(r.dir, "postgres")}, log)
	postgres.Go(func() { pgErr = r.postgres.Start(ctx) })
	nats, err := r.start(ctx, "nats", true, "bench", "nats", filepath.Join(r.dir, "nats"))
	if err == nil {
		err = r.startRelay(ctx)
	}
	postgres.Wait()
	if err := errors.Join(err, pgErr); err != nil {
		return err
	}
	r.environ = r.serviceEnviron(nats)
	return nil
}

func (r *rig) startRelay(ctx context.Context) error {
	if r.crowd != nil {
		return r.crowd.start(ctx, r)
	}
	said, err := r.start(ctx, "relay", true, "bench", "relay", r.idsFile(),
		"--events="+strconv.Itoa(r.cfg.Events), "--seed="+strconv.FormatUint(r.cfg.Seed, 10))
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(said, &r.relay, &r.mean); err != nil {
		return fmt.Errorf("read the URL of the relay: %w", err)
	}
	return nil
}

func (r *rig) idsFile() string { return filepath.Join(r.dir, "ids") }

// serviceEnviron is the environment of the services: the defaults, except for what a loopback relay needs.
func (r *rig) serviceEnviron(nats string) map[string]string {
	owner := r.postgres.URL("postgres")
	environ := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": r.dir, "DATA_DIR": r.dir, "LOG_LEVEL": "warn", "OPS_LISTEN": "127.0.0.1:0", "API_LISTEN": "none",
		"NATS_URL": nats, "DATABASE_URL": as(owner, "bigbrotr_writer"), "DATABASE_READ_URL": as(owner, "bigbrotr_reader"),
		"DATABASE_OWNER_URL": owner, "SEED_FILE": "none",
	}
	maps.Copy(environ, r.cfg.settings())
	return environ
}

// prepare creates streams and schema.
func (r *rig) prepare(ctx context.Context) error {
	if _, err := r.start(ctx, "initializer", false, "run", "initializer"); err != nil {
		return err
	}
	last := len(r.children) - 1
	initializer := r.children[last]
	r.children = r.children[:last]
	defer initializer.stop()
	return initializer.wait(ctx)
}

func (r *rig) connect(ctx context.Context, log *slog.Logger) error {
	var err error
	if r.owner, err = store.Open(store.Config{URL: r.environ["DATABASE_OWNER_URL"], Service: "bench", MaxConns: 1}, log); err != nil {
		return err
	}
	r.bus, err = bus.Connect(ctx, bus.Config{URL: r.environ["NATS_URL"], Name: "bigbrotr-bench"}, log)
	return err
}

// start runs the binary with a verb.
func (r *rig) start(ctx context.Context, name string, hello bool, args ...string) (string, error) {
	var environ []string
	for _, key := range slices.Sorted(maps.Keys(r.environ)) {
		environ = append(environ, key+"="+r.environ[key])
	}
	c, said, err := start(ctx, r.cfg.Binary, r.dir, name, environ, args, hello)
	if c != nil {
		r.children = append(r.children, c)
	}
	return said, err
}

func (r *rig) startServices(ctx context.Context) (err error) {
	if _, err := r.start(ctx, "writer", false, "run", "writer"); err != nil {
		return err
	}
	for i := range max(1, r.workers) {
		if err := r.startWorker(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// startWorker starts one of them; counters are read of the first.
func (r *rig) startWorker(ctx context.Context, i int) error {
	address, err := simrelay.FreeAddress()
	if err != nil {
		return err
	}
	name := r.worker
	if r.allOps = append(r.allOps, address); i > 0 {
		name += "-" + strconv.Itoa(i+1)
	}
	r.ops, r.environ["OPS_LISTEN"] = r.allOps[0], address
	_, err = r.start(ctx, name, false, "run", r.worker)
	return err
}

// awaitServices returns when both services ask for work.
func (r *rig) awaitServices(ctx context.Context) error {
	work := subject.JobConsumer(r.job, string(relay.Clearnet))
	asked := map[string]bool{}
	return poll(ctx, func() (bool, error) {
		consumers, err := r.bus.Consumers(ctx)
		for _, c := range consumers {
			asked[c.Name] = asked[c.Name] || c.Waiting > 0 && (c.Name != work || c.Waiting >= r.workers)
		}
		return asked[work] && asked[subject.ConsumerWriter], errors.Join(err, r.alive())
	})
}

// alive says which process has ended.
func (r *rig) alive() error {
	for _, c := range r.children {
		select {
		case <-c.done:
			return c.failed(c.cmd.ProcessState.String())
		default:
		}
	}
	return r.postgres.Err()
}

// stop ends everything, in the opposite order, and removes every file.
func (r *rig) stop() {
	if r.bus != nil {
		r.bus.Close()
	}
	if r.owner != nil {
		r.owner.Close()
	}
	for _, c := range slices.Backward(r.children) {
		c.stop()
	}
	if r.postgres != nil {
		r.postgres.Stop()
	}
	if r.dir != "" {
		_ = os.RemoveAll(r.dir)
	}
}

// pollEvery is the resolution of what a run waits for.
const pollEvery = 10 * time.Millisecond

// poll asks until the answer is yes.
func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// as returns the URL of a database for another user.
func as(dsn, user string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn // ours is always a URL
	}
	u.User = url.User(user)
	return u.String()
}

func (c Config) say(format string, v ...any) {
	if c.Progress != nil {
		_, _ = io.WriteString(c.Progress, strings.TrimSpace(fmt.Sprintf(format, v...))+"\n")
	}
}
