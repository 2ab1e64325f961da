package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// idleReader says whether the connection is not being read.
func idleReader(c *Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.reading && c.current == nil && len(c.open) == 0
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: got no, want yes", what)
		}
	}
}

func TestSeveralQuestionsAtOnce(t *testing.T) {
	const many = 8
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		var subs []string
		for range many {
			p.req()
			subs = append(subs, p.sub)
		}
		for range 50 {
			for _, sub := range subs { // all answers at once, mixed
				p.send(fmt.Sprintf(`["EVENT",%q,{"sub":%q}]`, sub, sub))
			}
		}
		for _, sub := range subs {
			p.send(`["EVENT","nobody",{}]`, fmt.Sprintf(`["EOSE",%q]`, sub))
		}
		p.wait()
	}))
	var running, parallel atomic.Int64
	var ignored atomic.Int64
	var asking sync.WaitGroup
	for range many {
		asking.Go(func() {
			own := ""
			answer, err := conn.Query(t.Context(), Request{}, func(raw []byte) error {
				if running.Add(1) > 1 {
					parallel.Add(1)
				}
				defer running.Add(-1)
				if own == "" {
					own = string(raw)
				}
				if string(raw) != own {
					t.Errorf("event got %s, want %s", raw, own)
				}
				return nil
			})
			if err != nil || answer.Events != 50 || answer.Sent == 0 {
				t.Errorf("Query got %+v and %v, want 50 events", answer, err)
			}
			ignored.Add(int64(answer.Ignored))
		})
	}
	asking.Wait()
	if parallel.Load() != 0 || ignored.Load() > many {
		t.Errorf("questions got %d functions in parallel and %d strays, want none and each stray once", parallel.Load(), ignored.Load())
	}
	eventually(t, "parked reader", func() bool { return idleReader(conn) })
}

func TestLossEndsEveryQuestion(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*peer, *Conn)
		reason string
	}{
		"lost":   {func(p *peer, _ *Conn) { _ = p.ws.CloseNow() }, "disconnect"},
		"close":  {func(_ *peer, c *Conn) { c.Close() }, "canceled"},
		"policy": {func(p *peer, _ *Conn) { _ = p.ws.Close(websocket.StatusPolicyViolation, "no") }, "disconnect"},
		"flood": {func(p *peer, _ *Conn) {
			for p.send(`["EVENT","nobody",{}]`) {
			}
		}, "flood"},
		"garbage": {func(p *peer, _ *Conn) {
			for p.send(`nonsense`) {
			}
		}, "malformed"},
		"large": {func(p *peer, _ *Conn) { p.send(strings.Repeat("x", DefaultFrameMax+1)) }, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan *Conn, 1)
			conn := connect(t, localDialer(), serve(t, func(p *peer) {
				for range 4 {
					p.read()
				}
				c.end(p, <-asked)
			}))
			live := make(chan error, 1)
			go func() {
				_, err := conn.Follow(t.Context(), filters(1), 0, func([]byte) {})
				live <- err
			}()
			errs := make(chan error, 3)
			for range 2 {
				go func() {
					_, err := conn.Query(t.Context(), Request{}, nil)
					errs <- err
				}()
			}
			go func() {
				_, err := conn.Negotiate(t.Context(), NegRequest{}, nil, nil)
				errs <- err
			}()
			asked <- conn
			for _, err := range []error{<-errs, <-errs, <-errs, <-live} {
				if ReasonOf(err) != c.reason {
					t.Errorf("question got %v, want %s", err, c.reason)
				}
			}
			<-conn.Done()
			if ReasonOf(conn.Err()) != c.reason {
				t.Errorf("Err got %v, want %s", conn.Err(), c.reason)
			}
			if _, err := conn.Query(t.Context(), Request{}, nil); ReasonOf(err) != c.reason {
				t.Errorf("Query on it got %v, want %s", err, c.reason)
			}
			if err := conn.Ping(t.Context()); ReasonOf(err) != c.reason {
				t.Errorf("Ping on it got %v, want %s", err, c.reason)
			}
		})
	}
}

// A question that is canceled must not wait for the function of another one that is busy.
func TestCanceledQuestionLeavesABusyOneBehind(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(anEvent)
		p.wait()
	}))
	busy, free := make(chan struct{}), make(chan struct{})
	other := make(chan error, 1)
	go func() {
		_, err := conn.Query(t.Context(), Request{}, func([]byte) error { close(busy); <-free; return nil })
		other <- err
	}()
	<-busy
	pinged := make(chan error, 1)
	go func() { pinged <- conn.Ping(t.Context()) }()
	eventually(t, "ping under way", func() bool { conn.mu.Lock(); defer conn.mu.Unlock(); return len(conn.open) == 2 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.Query(ctx, Request{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Query got %v, want canceled", err)
	}
	if err := <-pinged; ReasonOf(err) != "canceled" {
		t.Errorf("Ping got %v, want canceled: it went with the connection", err)
	}
	select {
	case err := <-other:
		t.Errorf("the other Query got %v while its function ran, want it to wait", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(free)
	if err := <-other; ReasonOf(err) != "canceled" {
		t.Errorf("the other Query got %v, want canceled: it went with the connection", err)
	}
}

// The time of a function is not the relay's, whoever's function it is.
func TestSlowFunctionIsNotSilence(t *testing.T) {
	const idle = 100 * time.Millisecond
	first := make(chan string, 1)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(anEvent)
		sub := p.sub
		p.req()
		p.send(`["EOSE","SUB"]`, fmt.Sprintf(`["EOSE",%q]`, sub))
		first <- sub
		p.wait()
	}))
	var asking sync.WaitGroup
	busy := make(chan struct{})
	for _, slow := range []bool{true, false} {
		asking.Go(func() {
			if !slow {
				<-busy
			}
			_, err := conn.Query(t.Context(), Request{Idle: idle}, func([]byte) error {
				close(busy)
				time.Sleep(3 * idle)
				return nil
			})
			if err != nil {
				t.Errorf("Query got %v, want an answer: slow %v", err, slow)
			}
		})
	}
	asking.Wait()
}

func TestNothingIsReadWithoutAQuestion(t *testing.T) {
	sent := make(chan int, 1)
	big := `["EVENT","x",{"x":"` + strings.Repeat("x", 1<<19) + `"}]`
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(`["EOSE","SUB"]`)
		ctx, cancel := context.WithTimeout(p.ctx, 300*time.Millisecond)
		defer cancel()
		n := 0
		for n < 200 && p.ws.Write(ctx, websocket.MessageText, []byte(big)) == nil {
			n++
		}
		sent <- n
	}))
	if _, err := conn.Query(t.Context(), Request{}, nil); err != nil {
		t.Fatal(err)
	}
	if n := <-sent; n > 100 {
		t.Errorf("relay sent %d frames of 512 KiB to a connection without a question, want a full socket", n)
	}
	if !idleReader(conn) {
		t.Error("reader got busy, want it gone")
	}
}

func TestFunctionsMayCloseTheirConnection(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, reply(anEvent, anEvent, `["EOSE","SUB"]`)))
	calls := 0
	_, err := conn.Query(t.Context(), Request{}, func([]byte) error { calls++; conn.Close(); return nil })
	if ReasonOf(err) != "canceled" || !errors.Is(err, net.ErrClosed) || calls != 1 {
		t.Errorf("Query got %v after %d events, want canceled after one", err, calls)
	}
}

func TestFunctionThatNeverReturnsEndsTheConnection(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, reply(anEvent, `["EOSE","SUB"]`)))
	_, err := conn.Query(t.Context(), Request{}, func([]byte) error { runtime.Goexit(); return nil })
	if !errors.Is(err, errLeft) {
		t.Errorf("Query got %v, want %v", err, errLeft)
	}
}

func TestAnswerCountsWhatWasNotNostr(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, reply("x", `["EVENT","SUB",7]`, `["EVENT","SUB",{}]`, `["EVENT","y",{}]`, `["EOSE","SUB"]`)))
	for range 30 { // an answer wipes the slate clean
		answer, err := conn.Query(t.Context(), Request{}, func([]byte) error { return nil })
		if err != nil || answer.Malformed != 2 || answer.Ignored != 3 || answer.Events != 1 {
			t.Fatalf("Query got %+v and %v, want 2 malformed of 3 ignored", answer, err)
		}
	}
}

// What was under way when we closed a subscription is no flood, up to a bound.
func TestLateFramesAreNoFlood(t *testing.T) {
	late := 5 * maxStrays
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		for range late {
			p.send(anEvent)
		}
		p.req()
		p.send(`["EOSE","SUB"]`)
		p.req()
		for p.send(`["EVENT","b1",{}]`) {
		}
	}))
	enough := errors.New("enough")
	if _, err := conn.Query(t.Context(), Request{}, func([]byte) error { return enough }); err != enough {
		t.Fatal(err)
	}
	if answer, err := conn.Query(t.Context(), Request{}, nil); err != nil || answer.Ignored != late-1 {
		t.Errorf("Query got %+v and %v, want %d late frames ignored", answer, err, late-1)
	}
	if _, err := conn.Query(t.Context(), Request{}, nil); ReasonOf(err) != "flood" {
		t.Errorf("Query got %v, want flood: late frames without end", err)
	}
}

func TestAllowance(t *testing.T) {
	a := allowance{max: 10, every: time.Second}
	for hour := range time.Duration(1000) {
		if !a.spend(hour*time.Hour, 1) {
			t.Fatalf("one an hour got refused after %d hours, want it allowed for ever", hour)
		}
	}
	now := 1001 * time.Hour
	for i := range 10 {
		if !a.spend(now, 1) {
			t.Fatalf("spend %d of 10 got refused", i+1)
		}
	}
	if a.spend(now, 1) || a.spend(now+500*time.Millisecond, 1) {
		t.Error("spend of more than the most got allowed")
	}
	if !a.spend(now+5*time.Second, 1) || a.spend(now+5*time.Second, 5) {
		t.Error("spend after 5 s got something else than room for a few")
	}
	if a.renew(); !a.spend(now+5*time.Second, 10) {
		t.Error("spend after renew got refused")
	}
}

// FuzzDispatch lets a relay say anything to open questions of every kind, one line a message.
func FuzzDispatch(f *testing.F) {
	f.Add(`["EVENT","b1",{}]` + "\n" + `["EOSE","b1"]` + "\n" + `["NEG-MSG","b3","00"]` + "\n" + `["COUNT","b4",{"count":1}]` + "\n" + `["AUTH","c"]`)
	f.Add(`["CLOSED","b1","x"]` + "\n" + `["NEG-ERR","b3","blocked: x"]` + "\n" + `["CLOSED","b4"]` + "\n" + `["OK","id",true,""]` + "\n" + `["NOTICE","x"]`)
	f.Add(`["EOSE","b2"]` + "\n" + `["EVENT","b2",{}]` + "\n" + `["EOSE","b2"]` + "\n" + `["CLOSED","b2","error: x"]`)
	f.Add(strings.Repeat("x\n", 30) + strings.Repeat(`["EVENT","b9",{}]`+"\n", 30))
	f.Fuzz(func(t *testing.T, lines string) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := newConn("ws://x", 1<<20)
		c.raw, c.reading = ours, true
		events := 0
		stored, live := &question{id: c.nextSub()}, &Live{opened: make(chan struct{}), each: func([]byte) {}}
		live.q = &question{id: c.nextSub(), take: live.take, idle: time.Hour}
		n := &negotiation{step: func(b []byte) ([]byte, error) { return b[:0], nil }, replies: make(chan []byte, 1)}
		n.q = question{id: c.nextSub(), take: n.take}
		var count Count
		counting := &question{id: c.nextSub(), take: func(f *Frame) error { return count.read(f.Args[1]) }}
		stored.take = func(f *Frame) error { return stored.stored(f, 10, func([]byte) error { events++; return nil }) }
		login := &question{hears: func(*Frame) bool { return c.challenge != "" }}
		for _, q := range []*question{stored, live.q, &n.q, counting, login} {
			if err := c.begin(context.Background(), q); err != nil {
				t.Fatal(err)
			}
		}
		defer c.abort(errLeft)
		for line := range strings.SplitSeq(lines, "\n") {
			if !c.next() {
				break
			}
			c.dispatch([]byte(line))
		}
		if events > 10 || count.N < 0 || count.N > maxCount || len(c.challenge) > maxChallenge || len(stored.answer.Notice) > 210 {
			t.Fatalf("got %d events, count %d, challenge of %d, want bounds", events, count.N, len(c.challenge))
		}
	})
}
