package realrelays

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// process is a relay of another make, and what was given to it.
type process struct {
	t      *testing.T
	make   relayMake
	cmd    *exec.Cmd
	input  interface{ Close() error }
	ledger map[event.ID]event.Event
}

// run starts a relay that holds the events.
func run(t *testing.T, m relayMake, events []event.Event) *process {
	t.Helper()
	var err error
	if m.Addr, err = simrelay.FreeAddress(); err != nil {
		t.Fatal(err)
	}
	m.Dir, m.Events = t.TempDir(), filepath.Join(t.TempDir(), "events.jsonl")
	p := &process{t: t, make: m, ledger: map[event.ID]event.Event{}}
	for _, e := range events {
		p.ledger[e.ID] = e
	}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) start() {
	p.t.Helper()
	if err := os.WriteFile(p.make.Events, lines(slices.Collect(maps.Values(p.ledger))), 0o600); err != nil {
		p.t.Fatal(err)
	}
	text, _ := json.Marshal(p.make)
	p.cmd = exec.Command(p.program())
	p.cmd.Env = append(os.Environ(), makeVariable+"="+string(text))
	p.cmd.Stderr = &logged{p.t}
	input, err := p.cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.input = input
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		p.t.Fatalf("got %q and %v, want a relay that is ready", line, err)
	}
}

// programs are the relays that are not in this process's program.
var programs = map[string]func(*testing.T) string{}

func (p *process) program() string {
	if path := programs[p.make.Store]; path != nil {
		return path(p.t)
	}
	return os.Args[0]
}

// logged is the log of the test for what a relay says.
type logged struct{ t *testing.T }

func (l *logged) Write(text []byte) (int, error) { return l.t.Output().Write(text) }

// end lets the relay close its store.
func (p *process) end() {
	_ = p.input.Close()
	_ = p.cmd.Wait()
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.end()
}

func (p *process) url() string { return "ws://" + p.make.Addr }

func lines(events []event.Event) (text []byte) {
	for i := range events {
		text = append(events[i].AppendJSON(text), '\n')
	}
	return text
}

// save stores events behind the back of everybody who listens.
func (p *process) save(events ...event.Event) {
	p.t.Helper()
	p.post("save", events)
	for _, e := range events {
		p.ledger[e.ID] = e
	}
}

func (p *process) remove(events ...event.Event) {
	p.t.Helper()
	p.post("delete", events)
	for _, e := range events {
		delete(p.ledger, e.ID)
	}
}

func (p *process) post(what string, events []event.Event) {
	p.t.Helper()
	resp, err := http.Post("http://"+p.make.Addr+"/"+what, "text/plain", bytes.NewReader(lines(events)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("got %s for %s, want it done", resp.Status, what)
	}
}

// client connects as anybody does.
func (p *process) client() *relay.Conn {
	p.t.Helper()
	options := relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	url, err := relay.Parser{Allow: options.Allow}.Parse(p.url())
	if err != nil {
		p.t.Fatal(err)
	}
	conn, err := relay.NewDialer(options).Connect(p.t.Context(), url)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.make.Auth {
		if ok, err := conn.Login(p.t.Context(), event.GenerateKey()); err != nil || !ok.Accepted {
			p.t.Fatalf("got %+v and %v, want to be let in", ok, err)
		}
	}
	return conn
}

// publish sends events to the relay as a client does.
func (p *process) publish(events ...event.Event) {
	p.t.Helper()
	conn := p.client()
	defer conn.Close()
	for _, e := range events {
		ok, err := conn.Publish(p.t.Context(), e)
		if err != nil || !ok.Accepted {
			p.t.Fatalf("got %+v and %v, want the event taken", ok, err)
		}
		p.ledger[e.ID] = e
	}
}

// served asks for everything that the relay was given, by ids, a few at a time.
func (p *process) served() map[event.ID]event.Event {
	p.t.Helper()
	conn := p.client()
	defer conn.Close()
	served := map[event.ID]event.Event{}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(p.ledger)), 50) {
		p.fetch(conn, ids, served)
	}
	return served
}

func (p *process) fetch(conn *relay.Conn, ids []event.ID, into map[event.ID]event.Event) {
	p.t.Helper()
	take := func(raw []byte) error {
		if e, err := event.Parse(raw); err == nil {
			into[e.ID] = e
		}
		return nil
	}
	for range 100 {
		_, err := conn.Query(p.t.Context(), relay.Request{Filter: event.Filter{IDs: ids}}, take)
		if err == nil {
			return
		}
		time.Sleep(500 * time.Millisecond) // one that limits us
	}
	p.t.Fatal("got no answer from the relay by ids")
}
