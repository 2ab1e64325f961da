package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

func filters(limits ...int) []event.Filter {
	list := make([]event.Filter, len(limits))
	for i := range limits {
		list[i].Limit = &limits[i]
	}
	return list
}

func sim(t *testing.T, m simrelay.Manners, events ...event.Event) *simrelay.Relay {
	t.Helper()
	r := simrelay.New("sim", m, events)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func notes(n int) []event.Event {
	key, list := event.GenerateKey(), make([]event.Event, n)
	for i := range list {
		list[i] = key.Sign(int64(1000+i), 1, nil, fmt.Sprint("note ", i))
	}
	return list
}

func TestFollow(t *testing.T) {
	events := notes(5)
	r := sim(t, simrelay.Manners{}, events[:3]...)
	conn := connect(t, localDialer(), URL(r.URL()))
	got := make(chan event.ID, 10)
	live, err := conn.Follow(t.Context(), filters(1), 0, func(raw []byte) {
		id, _ := event.ScanID(raw)
		got <- id
	})
	if err != nil || len(got) != 1 || <-got != events[2].ID {
		t.Fatalf("Follow got %v and %d events, want the newest stored one before it returns", err, len(got))
	}
	r.Add(events[3])
	if id := <-got; id != events[3].ID {
		t.Errorf("live event got %v, want %v", id, events[3].ID)
	}
	var found int // ask beside it
	if answer, err := conn.Query(t.Context(), Request{}, func([]byte) error { found++; return nil }); err != nil || found != 4 {
		t.Errorf("Query beside it got %+v and %v, want 4 events", answer, err)
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("Ping beside it got %v", err)
	}
	if live.Err() != nil {
		t.Errorf("Err got %v before the end, want nil", live.Err())
	}
	live.Close()
	live.Close()
	<-live.Done()
	if live.Err() != nil || conn.Err() != nil {
		t.Errorf("Close got %v and %v, want no error and a connection that stands", live.Err(), conn.Err())
	}
	if _, err := conn.Query(t.Context(), Request{}, func([]byte) error { return nil }); err != nil {
		t.Errorf("Query after Close got %v", err)
	}
	r.Add(events[4])
	if len(got) != 0 {
		t.Error("event came after Close")
	}
}

func TestFollowSendsOneRequest(t *testing.T) {
	asked := make(chan string, 3)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		for {
			message, ok := p.read()
			if !ok {
				return
			}
			asked <- message
			p.send(`["EOSE","b1"]`)
		}
	}))
	live, err := conn.Follow(t.Context(), filters(1, 2), 0, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	live.Close()
	for _, want := range []string{`["REQ","b1",{"limit":1},{"limit":2}]`, `["CLOSE","b1"]`} {
		if got := <-asked; got != want {
			t.Errorf("relay got %s, want %s", got, want)
		}
	}
	if _, err := conn.Follow(t.Context(), nil, 0, nil); !errors.Is(err, errNoFilter) {
		t.Errorf("Follow of nothing got %v, want %v", err, errNoFilter)
	}
}

func TestFollowFailures(t *testing.T) {
	for name, c := range map[string]struct {
		relay  func(*peer)
		reason string
	}{
		"CLOSED":  {reply(`["CLOSED","SUB","auth-required: x"]`), "closed_auth_required"},
		"NOTICE":  {reply(`["NOTICE","error: too many"]`), "notice_error"},
		"AUTH":    {reply(`["AUTH","x"]`), "auth"},
		"silence": {reply(anEvent), "timeout"},
		"lost":    {func(p *peer) { p.req() }, "disconnect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, localDialer(), serve(t, c.relay))
			live, err := conn.Follow(t.Context(), filters(1), 300*time.Millisecond, func([]byte) {})
			if live != nil || ReasonOf(err) != c.reason {
				t.Errorf("Follow got %v, want %s", err, c.reason)
			}
		})
	}
}

func TestLiveEnds(t *testing.T) {
	for name, c := range map[string]struct {
		then   string
		reason string
	}{
		"CLOSED": {`["CLOSED","SUB","error: shutting down"]`, "closed_error"},
		"lost":   {"", "disconnect"},
	} {
		conn := connect(t, localDialer(), serve(t, func(p *peer) {
			p.req()
			p.send(anEvent, `["EOSE","SUB"]`, `["EOSE","SUB"]`, anEvent)
			if c.then != "" {
				p.send(c.then)
				p.wait()
			}
		}))
		var events atomic.Int64
		live, err := conn.Follow(t.Context(), filters(1), 0, func([]byte) { events.Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		<-live.Done()
		if ReasonOf(live.Err()) != c.reason || events.Load() != 2 {
			t.Errorf("%s: live got %v after %d events, want %s after 2", name, live.Err(), events.Load(), c.reason)
		}
		if lost := conn.Err() != nil; lost != (c.then == "") {
			t.Errorf("%s: connection got %v", name, conn.Err())
		}
	}
}

// Silence is no failure after EOSE, and the context of the opening does not end what was opened.
func TestLiveOutlivesSilenceAndContext(t *testing.T) {
	later := make(chan struct{})
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(`["EOSE","SUB"]`)
		<-later
		p.send(anEvent)
		p.wait()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan bool, 1)
	live, err := conn.Follow(ctx, filters(1), 50*time.Millisecond, func([]byte) { got <- true })
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	time.Sleep(150 * time.Millisecond)
	close(later)
	select {
	case <-got:
	case <-live.Done():
		t.Errorf("live got %v, want an event", live.Err())
	}
}

func TestLiveMayBeClosedByItsFunction(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(`["EOSE","SUB"]`)
		for p.send(anEvent) {
		}
	}))
	var calls atomic.Int64
	opened := make(chan *Live, 1)
	live, err := conn.Follow(t.Context(), filters(1), 0, func([]byte) {
		calls.Add(1)
		live := <-opened
		live.Close()
		select {
		case <-live.Done():
			t.Error("Done got closed while the function runs")
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	opened <- live
	<-live.Done()
	if n := calls.Load(); n != 1 {
		t.Errorf("function got %d calls, want 1", n)
	}
}

// A large event must not leave every quiet connection with a large buffer.
func TestLiveGivesALargeBufferBack(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(`["EOSE","SUB"]`, `["EVENT","SUB",{"x":"`+strings.Repeat("x", 300<<10)+`"}]`)
		p.wait()
	}))
	got := make(chan int, 1)
	if _, err := conn.Follow(t.Context(), filters(1), 0, func(raw []byte) { got <- len(raw) }); err != nil {
		t.Fatal(err)
	}
	<-got
	eventually(t, "reader waits again", func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.waiting
	})
	conn.mu.Lock()
	defer conn.mu.Unlock() // the reader set both before it locked
	if conn.frame.Args[1] != nil || cap(conn.buf) > keepBuffer {
		t.Errorf("buffer got %d bytes after a large frame, want it given back", cap(conn.buf))
	}
}

func TestPing(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, (*peer).wait))
	for range 3 {
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatalf("Ping got %v", err)
		}
	}
	eventually(t, "parked reader", func() bool { c := conn; c.mu.Lock(); defer c.mu.Unlock(); return len(c.open) == 0 })
	deaf := make(chan struct{})
	conn = connect(t, localDialer(), serve(t, func(*peer) { <-deaf }))
	defer close(deaf)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := conn.Ping(ctx); ReasonOf(err) != "timeout" || conn.Err() != nil {
		t.Errorf("Ping of a deaf relay got %v and %v, want timeout and the connection left alone", err, conn.Err())
	}
	time.AfterFunc(50*time.Millisecond, conn.Close)
	if err := conn.Ping(t.Context()); ReasonOf(err) != "canceled" {
		t.Errorf("Ping got %v under Close, want canceled", err)
	}
}
