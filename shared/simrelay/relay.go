package simrelay

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// maxPublished bounds what clients may add to one relay; a full relay answers OK false.
const maxPublished = 100_000

// Relay is one local relay: a real WebSocket server on a loopback port with its own events, manners and ledger.
type Relay struct {
	name    string
	manners Manners
	seed    uint64
	store   *store
	ledger  *Ledger

	requests  atomic.Int64
	published atomic.Int64

	mu      sync.Mutex
	addr    string
	running *running
}

// running is what exists between Start and Stop.
type running struct {
	server   *http.Server
	listener net.Listener
	decoy    net.Conn
	wires    map[*wire]struct{}
	done     sync.WaitGroup
	stop     context.CancelFunc
	ctx      context.Context
}

// Option changes how a relay is made.
type Option func(*Relay)

// WithAddr makes the relay listen on a fixed loopback address instead of a free port.
func WithAddr(hostPort string) Option { return func(r *Relay) { r.addr = hostPort } }

// New makes a relay that is not listening yet. The name seeds everything arbitrary about it.
func New(name string, m Manners, events []event.Event, opts ...Option) *Relay {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	r := &Relay{name: name, manners: m, seed: h.Sum64(), store: newStore(m.Ties), ledger: newLedger(), addr: "127.0.0.1:0"}
	for _, o := range opts {
		o(r)
	}
	r.Add(events...)
	return r
}

// Start listens and serves until Stop. A relay that was stopped starts again on its old port with its old events.
func (r *Relay) Start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		return errors.New("start a relay that is running")
	}
	run := &running{wires: map[*wire]struct{}{}}
	run.ctx, run.stop = context.WithCancel(context.Background())
	if err := r.listen(run); err != nil {
		run.stop()
		return fmt.Errorf("start relay %s: %w", r.name, err)
	}
	r.running = run
	return nil
}

func (r *Relay) listen(run *running) error {
	if r.manners.Dead == Refused {
		return r.occupy(run)
	}
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		return err
	}
	r.addr = l.Addr().String()
	run.listener = wireListener{Listener: l, accepted: func(w *wire) { r.accepted(run, w) }}
	if r.manners.Dead == Hang {
		run.done.Go(func() { swallow(run.listener) })
		return nil
	}
	run.server = r.newServer(run)
	run.done.Go(func() { _ = run.server.Serve(run.listener) }) // ends by Close in Stop
	return nil
}

// Stop cuts every connection and returns when all goroutines are gone. It is safe to call twice.
func (r *Relay) Stop() {
	r.mu.Lock()
	run := r.running
	r.running = nil
	if run != nil {
		run.stop()
	}
	r.mu.Unlock()
	if run == nil {
		return
	}
	run.close()
	r.cut(run)
	run.done.Wait()
}

func (run *running) close() {
	if run.server != nil {
		_ = run.server.Close()
	}
	if run.listener != nil {
		_ = run.listener.Close()
	}
	if run.decoy != nil {
		_ = run.decoy.Close()
	}
}

// Disconnect cuts every open connection and goes on listening.
func (r *Relay) Disconnect() {
	r.mu.Lock()
	run := r.running
	r.mu.Unlock()
	if run != nil {
		r.cut(run)
	}
}

func (r *Relay) cut(run *running) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range run.wires {
		_ = w.Close()
	}
	clear(run.wires)
}

func (r *Relay) accepted(run *running, w *wire) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run.ctx.Err() != nil {
		_ = w.Close()
		return
	}
	run.wires[w] = struct{}{}
	if r.manners.Dead != Alive {
		r.ledger.fired(FaultDead)
	}
}

// enter counts a connection that is to be served, unless Stop came first.
func (r *Relay) enter(run *running) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run.ctx.Err() != nil {
		return false
	}
	run.done.Add(1)
	return true
}

func (r *Relay) forget(run *running, w *wire) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(run.wires, w)
}

// Name is the name given to New.
func (r *Relay) Name() string { return r.name }

// Manners returns the switches of the relay.
func (r *Relay) Manners() Manners { return r.manners }

// Ledger returns the record of what was served.
func (r *Relay) Ledger() *Ledger { return r.ledger }

// URL is ws://127.0.0.1:port; it is known after Start.
func (r *Relay) URL() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return "ws://" + r.addr
}

// Len is the number of stored events, hidden ones and raw ones included.
func (r *Relay) Len() int { return r.store.len() }

// Add stores events, shows them to the live subscriptions that match, and says how many ids were new.
func (r *Relay) Add(events ...event.Event) int {
	items := make([]*item, len(events))
	for i := range events {
		items[i] = r.newItem(events[i])
	}
	return r.store.add(items)
}

// AddRaw stores bytes to be sent verbatim.
func (r *Relay) AddRaw(raws ...Raw) {
	items := make([]*item, len(raws))
	for i, raw := range raws {
		it := &item{raw: true, json: raw.JSON, tie: mix(raw.ID, r.seed)}
		it.ev.ID, it.ev.CreatedAt = raw.ID, raw.CreatedAt
		items[i] = it
	}
	r.store.add(items)
}

// Remove deletes events as a relay does that dropped them, and says how many it held.
func (r *Relay) Remove(ids ...event.ID) int { return r.store.remove(ids) }

func (r *Relay) newItem(ev event.Event) *item {
	it := &item{ev: ev, tie: mix(ev.ID, r.seed)}
	it.hidden = chosen(ev.ID, r.seed+1, r.manners.HiddenShare)
	it.forged = chosen(ev.ID, r.seed+2, r.manners.Forge)
	if it.forged {
		it.json = forge(ev)
	} else {
		it.json = ev.AppendJSON(make([]byte, 0, 340+len(ev.Tags)+len(ev.Content)))
	}
	return it
}

// Genuine returns the events that the relay serves as they were signed: not hidden, not forged, not raw.
func (r *Relay) Genuine() []event.ID {
	var ids []event.ID
	for _, it := range r.store.all() {
		if !it.hidden && !it.forged && !it.raw {
			ids = append(ids, it.ev.ID)
		}
	}
	return ids
}

// forge returns a copy that must not pass verification, in one of three ways that depend on the id.
func forge(ev event.Event) []byte {
	switch ev.ID[31] % 3 {
	case 0:
		ev.ID[0] ^= 0x80
	case 1:
		ev.Sig[40] ^= 0x01
	default:
		ev.Content = append([]byte(`"forged `), ev.Content[1:]...)
	}
	return ev.AppendJSON(nil)
}
