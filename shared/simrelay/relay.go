package simrelay

import (
	"context"
	"crypto/tls"
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

	requests  atomic.Int64 // REQ
	asked     atomic.Int64 // REQ, COUNT and NEG-OPEN
	published atomic.Int64

	mu      sync.Mutex
	addr    string
	host    string      // replaces that of addr in URL; empty = the address itself
	tls     *tls.Config // nil = plain
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

// WithAddr makes the relay listen on a fixed address instead of a free port of 127.0.0.1.
func WithAddr(hostPort string) Option { return func(r *Relay) { r.addr = hostPort } }

// WithHost names the relay in its URL by something else than its address, such as the name of its container.
func WithHost(host string) Option { return func(r *Relay) { r.host = host } }

// WithTLS makes the relay speak TLS with this certificate.
func WithTLS(cert tls.Certificate) Option {
	return func(r *Relay) {
		r.tls = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}
	}
}

// New makes a relay that is not listening yet. The name seeds everything arbitrary about it.
func New(name string, m Manners, events []event.Event, opts ...Option) *Relay {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	r := &Relay{name: name, manners: m, seed: h.Sum64(), store: newStore(m.Ties), ledger: newLedger(), addr: anyAddress}
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

func (r *Relay) bind() (net.Listener, error) {
	if r.addr == anyAddress {
		return listenAnywhere()
	}
	return net.Listen("tcp", r.addr)
}

func (r *Relay) listen(run *running) error {
	if r.manners.Dead == Refused {
		return r.occupy(run)
	}
	l, err := r.bind()
	if err != nil {
		return err
	}
	r.addr = l.Addr().String()
	run.listener = wireListener{Listener: l, accepted: func(w *wire) { r.accepted(run, w) }}
	serve := run.listener
	switch {
	case r.manners.Dead == HangAfterTLS && r.tls != nil:
		run.done.Go(func() { r.shake(run) })
		return nil
	case r.manners.Dead == Hang, r.manners.Dead == HangAfterTLS:
		run.done.Go(func() { r.swallow(run) })
		return nil
	case r.tls != nil:
		serve = tls.NewListener(run.listener, r.tls)
	}
	run.server = r.newServer(run)
	run.done.Go(func() { _ = run.server.Serve(serve) }) // ends by Close in Stop
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

// URL is ws://127.0.0.1:port, or what WithAddr, WithHost and WithTLS made of it; it is known after Start.
func (r *Relay) URL() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	scheme, addr := "ws://", r.addr
	if r.tls != nil {
		scheme = "wss://"
	}
	if _, port, err := net.SplitHostPort(addr); err == nil && r.host != "" {
		addr = net.JoinHostPort(r.host, port)
	}
	return scheme + addr
}
