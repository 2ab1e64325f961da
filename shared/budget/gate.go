package budget

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	lookEvery  = time.Second          // at the switch and the version of the opt-outs
	renewEvery = subject.LeaseTTL / 3 // of slots
	askTimeout = time.Second          // one question to the KV
	faultPause = 5 * time.Second      // after a fault of the KV nobody asks it for a slot
)

// Gate is the manners of one process: all its services share it. It is safe for concurrent use. A nil Gate bounds
// nothing.
type Gate struct {
	perIP    int
	perDay   int64
	bus      *bus.Bus
	leases   *bus.Bucket
	counters *bus.Bucket
	log      *slog.Logger

	faultUntil atomic.Int64 // unix nanoseconds; the KV is left alone until then

	slots struct {
		sync.Mutex
		held map[string]*slot
	}
	bytes struct {
		sync.Mutex
		relays map[string]*count
	}
	denied  atomic.Pointer[relay.Denylist]
	version string // of denied; of the loop alone
	pauses  pauses
}

// New makes a gate from RELAY_MAX_CONNECTIONS_PER_IP and RELAY_MAX_BYTES_PER_DAY.
func New(network netconf.Config, b *bus.Bus, log *slog.Logger) *Gate {
	g := &Gate{
		perIP: network.MaxPerIP, perDay: int64(network.MaxBytesPerDay), bus: b, log: log,
		leases: b.Bucket(subject.BucketLeases), counters: b.Bucket(subject.BucketBytes),
	}
	g.slots.held, g.bytes.relays = map[string]*slot{}, map[string]*count{}
	g.pauses.init()
	return g
}

// Options returns the options with the gate in them.
func (g *Gate) Options(opt relay.Options) relay.Options {
	if g != nil {
		opt.Admit, opt.Denied = g.Admit, g.Denied
	}
	return opt
}

// Run renews slots, writes counts, and looks at the opt-outs and the switch, until ctx ends. Then it writes what it has
// counted.
func (g *Gate) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { g.watch(ctx) })
	loops.Go(func() { every(ctx, renewEvery, g.renew) })
	loops.Go(func() { every(ctx, keepFor, g.flush) })
	loops.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*askTimeout)
	defer cancel()
	g.flush(last)
	return nil
}

func every(ctx context.Context, d time.Duration, do func(context.Context)) {
	for app.Sleep(ctx, app.Jitter(d, 0.1)) {
		do(ctx)
	}
}

// watch looks at what people change while we run. It asks for two small values instead of keeping a subscription: that
// needs no consumer, and goes on by itself after the server was restarted or wiped.
func (g *Gate) watch(ctx context.Context) {
	told := false
	for {
		err := g.look(ctx)
		if err != nil && !told && ctx.Err() == nil {
			g.log.Warn("Opt-outs and pause could not be read; they stay as they were", app.Err, err)
		}
		told = err != nil
		if !app.Sleep(ctx, lookEvery) {
			return
		}
	}
}

func (g *Gate) look(ctx context.Context) error {
	defer g.pauses.looked()
	ctx, cancel := context.WithTimeout(ctx, 2*askTimeout)
	defer cancel()
	if err := g.lookAtPauses(ctx); err != nil {
		return err
	}
	return g.lookAtOptOuts(ctx)
}
