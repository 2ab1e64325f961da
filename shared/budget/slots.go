package budget

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	admitWait = 2 * time.Second        // for a slot of an address that has none free
	admitTry  = 150 * time.Millisecond // between two tries
	renewers  = 16                     // slots renewed at once
)

// slot is one connection that one address gives us.
type slot struct {
	key string

	mu       sync.Mutex // renewing and giving back exclude each other
	revision uint64     // 0 = not there: being taken, lost, or given back
	gone     bool
}

// Admit waits a short while for a slot of the address (of its /64 with IPv6), and returns how to give it back. Without a
// free one the error is a *relay.Error of relay.ClassBusy.
func (g *Gate) Admit(ctx context.Context, host netip.Addr) (release func(), err error) {
	if g == nil || g.perIP <= 0 {
		return func() {}, nil
	}
	prefix := addressKey(host)
	waiting, cancel := context.WithTimeout(ctx, admitWait)
	defer cancel()
	for {
		if g.faulty() {
			return func() {}, nil
		}
		held, err := g.take(waiting, prefix)
		switch {
		case held != nil:
			return func() { g.giveBack(held) }, nil
		case err != nil && ctx.Err() == nil && waiting.Err() == nil:
			g.fault(err)
			return func() {}, nil
		}
		if !app.Sleep(waiting, app.Jitter(admitTry, 0.5)) {
			break
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &relay.Error{Class: relay.ClassBusy, Err: fmt.Errorf("all %d connections to the address are taken", g.perIP)}
}

// addressKey names what shares slots: an IPv4 address or an IPv6 /64, which is one customer.
func addressKey(host netip.Addr) string {
	host = host.Unmap().WithZone("")
	if host.Is4() {
		four := host.As4()
		return "ip." + hex.EncodeToString(four[:])
	}
	sixteen := host.As16()
	return "ip." + hex.EncodeToString(sixteen[:8])
}

func slotKey(prefix string, i int) string { return fmt.Sprintf("%s.%d", prefix, i) }

// Full says whether all slots of an address are taken, by whatever process. Who holds one for long gives it up then, or the
// other relays behind the address would never be asked. Where that cannot be looked up it is not.
func (g *Gate) Full(ctx context.Context, host netip.Addr) bool {
	if g == nil || g.perIP <= 0 || g.faulty() {
		return false
	}
	prefix := addressKey(host)
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	for i := range g.perIP {
		if _, revision, err := g.leases.Get(ctx, slotKey(prefix, i)); err != nil || revision == 0 {
			return false
		}
	}
	return true
}

// take takes the first free slot, from a random one on. It returns nil and no error when there is none.
func (g *Gate) take(ctx context.Context, prefix string) (*slot, error) {
	first := rand.IntN(g.perIP)
	for i := range g.perIP {
		s := g.reserve(slotKey(prefix, (first+i)%g.perIP))
		if s == nil {
			continue // this process has it
		}
		asked, cancel := context.WithTimeout(ctx, askTimeout)
		revision, err := g.leases.Create(asked, s.key, nil)
		cancel()
		if err == nil {
			s.mu.Lock()
			s.revision = revision
			s.mu.Unlock()
			return s, nil
		}
		g.forget(s)
		if !errors.Is(err, bus.ErrTaken) {
			return nil, err
		}
	}
	return nil, nil
}

// reserve enters a slot that is about to be taken, so that no two goroutines ask for the same one.
func (g *Gate) reserve(key string) *slot {
	g.slots.Lock()
	defer g.slots.Unlock()
	if g.slots.held[key] != nil {
		return nil
	}
	s := &slot{key: key}
	g.slots.held[key] = s
	return s
}

func (g *Gate) forget(s *slot) {
	g.slots.Lock()
	defer g.slots.Unlock()
	delete(g.slots.held, s.key)
}

// giveBack deletes the key; if that fails, its time to live ends it.
func (g *Gate) giveBack(s *slot) {
	s.mu.Lock()
	s.gone = true
	revision := s.revision
	s.mu.Unlock()
	if revision != 0 && !g.faulty() {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		if err := g.leases.Delete(ctx, s.key, revision); err != nil && !errors.Is(err, bus.ErrTaken) {
			g.fault(err)
		}
	}
	g.forget(s)
}

// renew prolongs every slot that is held. One that the server lost is taken again; one that somebody else has is theirs.
func (g *Gate) renew(ctx context.Context) {
	g.slots.Lock()
	all := make([]*slot, 0, len(g.slots.held))
	for _, s := range g.slots.held {
		all = append(all, s)
	}
	g.slots.Unlock()
	var renewing errgroup.Group
	renewing.SetLimit(renewers)
	for _, s := range all {
		renewing.Go(func() error { g.prolong(ctx, s); return nil })
	}
	_ = renewing.Wait() // it has no errors
}

func (g *Gate) prolong(ctx context.Context, s *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.revision == 0 || g.faulty() {
		return
	}
	asked, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	revision, err := g.leases.Update(asked, s.key, nil, s.revision)
	if errors.Is(err, bus.ErrTaken) {
		revision, err = g.leases.Create(asked, s.key, nil)
	}
	switch {
	case err == nil:
		s.revision = revision
	case !errors.Is(err, bus.ErrTaken) && ctx.Err() == nil:
		g.fault(err)
	}
}

// fault leaves the KV alone for a while, and says so once.
func (g *Gate) fault(err error) {
	if until := time.Now().Add(faultPause).UnixNano(); g.faultUntil.Swap(until) == 0 {
		g.log.Warn("Connections per address are not bounded while the KV cannot be asked", app.Err, err)
	}
}

func (g *Gate) faulty() bool {
	until := g.faultUntil.Load()
	if until == 0 {
		return false
	}
	if time.Now().UnixNano() < until {
		return true
	}
	g.faultUntil.CompareAndSwap(until, 0)
	return false
}
