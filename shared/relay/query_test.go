package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
)

const anEvent = `["EVENT","SUB",{"id":"x"}]`

// reply answers every REQ with the same messages.
func reply(messages ...string) func(*peer) {
	return func(p *peer) {
		for p.req() && p.send(messages...) {
		}
	}
}

func TestQueryAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		relay  func(*peer)
		events int
		hint   string
	}{
		"empty":                   {reply(`["EOSE","SUB"]`), 0, ""},
		"events":                  {reply(anEvent, anEvent, `["EOSE","SUB"]`), 2, ""},
		"trailing newline":        {reply(anEvent+"\n", " [ \"EOSE\" , \"SUB\" ] \r\n"), 1, ""},
		"finish":                  {reply(`["EOSE","SUB","finish"]`), 0, "finish"},
		"more":                    {reply(`["EOSE","SUB","more"]`), 0, "more"},
		"unknown hint":            {reply(`["EOSE","SUB",{"x":1}]`), 0, ""},
		"escaped id":              {reply(`["EOSE","\u0062` + `1"]`), 0, ""},
		"other subscriptions":     {reply(`["EVENT","x",{}]`, `["EOSE","x"]`, `["CLOSED","x",""]`, anEvent, `["EOSE","SUB"]`), 1, ""},
		"chatter":                 {reply(`["NOTICE","hi"]`, anEvent, `["NOTICE","there"]`, `["EOSE","SUB"]`), 1, ""},
		"challenge beside events": {reply(`["AUTH","c"]`, anEvent, `["EOSE","SUB"]`), 1, ""},
		"some malformed frames":   {reply(`["EVENT","abc`, ``, `x`, `["EVENT","SUB",7]`, `["EVENT","SUB"]`, anEvent, `["EOSE","SUB"]`), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, localDialer(), serve(t, c.relay))
			var got int
			answer, err := conn.Query(t.Context(), Request{Idle: 5 * time.Second}, func(raw []byte) error {
				if got++; string(raw) != `{"id":"x"}` {
					t.Errorf("event got %q", raw)
				}
				return nil
			})
			if err != nil || got != c.events || answer.Events < got || answer.Hint != c.hint {
				t.Errorf("Query got %d events, %+v, %v, want %d and hint %q", got, answer, err, c.events, c.hint)
			}
			if answer.FirstFrame <= 0 || answer.Took < answer.FirstFrame || answer.Bytes == 0 {
				t.Errorf("Query got %+v, want times and bytes", answer)
			}
		})
	}
}

func TestQueryFailures(t *testing.T) {
	garbage := strings.Split(strings.Repeat(`{"not":"nostr"};`, 30), ";")
	for name, c := range map[string]struct {
		relay  func(*peer)
		class  Class
		reason string
	}{
		"CLOSED":               {reply(`["CLOSED","SUB","rate-limited: slow down"]`), ClassClosed, "closed_rate_limited"},
		"CLOSED after events":  {reply(anEvent, `["CLOSED","SUB","error: shutting down"]`), ClassClosed, "closed_error"},
		"CLOSED, auth":         {reply(`["AUTH","c"]`, `["CLOSED","SUB","auth-required: who?"]`), ClassClosed, "closed_auth_required"},
		"CLOSED, strfry":       {reply(`["CLOSED","SUB","ERROR: bad req: x"]`), ClassClosed, "closed_error"},
		"CLOSED, free text":    {reply(`["CLOSED","SUB","go away: now"]`), ClassClosed, "closed"},
		"CLOSED, no text":      {reply(`["CLOSED","SUB"]`), ClassClosed, "closed"},
		"NOTICE":               {reply(`["NOTICE","ERROR: too many subscriptions"]`), ClassNotice, "notice_error"},
		"NOTICE, slow down":    {reply(`["NOTICE","Rate limited, come back later"]`), ClassNotice, "notice_rate_limited"},
		"NOTICE, error, slow":  {reply(`["NOTICE","ERROR: too many requests"]`), ClassNotice, "notice_rate_limited"},
		"AUTH and silence":     {reply(`["AUTH","c"]`), ClassAuth, "auth"},
		"silence":              {reply(), ClassTimeout, "timeout"},
		"events, then silence": {reply(anEvent), ClassTimeout, "timeout"},
		"disconnect":           {func(p *peer) { p.req(); p.send(anEvent) }, ClassDisconnect, "disconnect"},
		"close frame": {func(p *peer) { p.req(); _ = p.ws.Close(websocket.StatusPolicyViolation, "no") },
			ClassDisconnect, "disconnect"},
		"malformed":       {reply(garbage...), ClassMalformed, "malformed"},
		"binary frames":   {binaryFrames, ClassMalformed, "malformed"},
		"too many events": {reply(anEvent, anEvent, anEvent, anEvent), ClassFlood, "flood"},
		"foreign events":  {foreignEvents, ClassFlood, "flood"},
		"pings":           {pings, ClassFlood, "flood"},
		"too large":       {reply(`["EVENT","SUB","` + strings.Repeat("x", DefaultFrameMax) + `"]`), ClassTooLarge, "too_large"},
		"40 MB in pieces": {hugeFrame, ClassTooLarge, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, localDialer(), serve(t, c.relay))
			_, err := conn.Query(t.Context(), Request{Idle: 400 * time.Millisecond, MaxEvents: 3}, func([]byte) error { return nil })
			var e *Error
			if !errors.As(err, &e) || e.Class != c.class || e.Reason() != c.reason {
				t.Errorf("Query got %v, want class %s and reason %s", err, c.class, c.reason)
			}
		})
	}
}

func binaryFrames(p *peer) {
	for p.req(); p.ws.Write(p.ctx, websocket.MessageBinary, []byte(`["EOSE","b1"]`)) == nil; {
	}
}

func foreignEvents(p *peer) {
	for p.req(); p.send(`["EVENT","other",{}]`); {
	}
}

func pings(p *peer) {
	p.req()
	p.ws.CloseRead(p.ctx) // takes the pongs
	for ctx := p.ctx; ; {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		err := p.ws.Ping(ctx)
		if cancel(); err != nil {
			return
		}
	}
}

func hugeFrame(p *peer) {
	p.req()
	w, err := p.ws.Writer(p.ctx, websocket.MessageText)
	for piece, n := make([]byte, 1<<16), 0; err == nil && n < 40<<20; n += len(piece) {
		_, err = w.Write(piece)
	}
}

// slowFrame sends one byte of a frame every 20 ms, which is never silence and never a frame.
func slowFrame(raw net.Conn) {
	_, err := raw.Write([]byte{0x81, 126, 0xff, 0xff})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for err == nil {
		<-tick.C
		_, err = raw.Write([]byte{' '})
	}
}

// emptyFrames continues one message for ever without a byte in it.
func emptyFrames(raw net.Conn) {
	_, err := raw.Write([]byte{0x01, 0})
	for none := make([]byte, 4096); err == nil; {
		_, err = raw.Write(none) // 0x00 0x00: a continuation of length 0 that is not the last
	}
}

func TestQueryFailuresBelowTheFrame(t *testing.T) {
	for name, c := range map[string]struct {
		relay func(net.Conn)
		class Class
	}{
		"one byte a while": {slowFrame, ClassTimeout},
		"empty frames":     {emptyFrames, ClassTimeout},
		"reset":            {func(raw net.Conn) { _ = raw.(*net.TCPConn).SetLinger(0) }, ClassDisconnect},
		"bad bits":         {func(raw net.Conn) { _, _ = raw.Write([]byte{0xf1, 0}) }, ClassDisconnect},
		"a frame of 2^62":  {func(raw net.Conn) { _, _ = raw.Write([]byte("\x81\x7f\x3f\xff\xff\xff\xff\xff\xff\xff")) }, ClassDisconnect},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, localDialer(), serveRaw(t, c.relay))
			_, err := conn.Query(t.Context(), Request{Idle: 400 * time.Millisecond}, nil)
			var e *Error
			if !errors.As(err, &e) || e.Class != c.class {
				t.Errorf("Query got %v, want class %s", err, c.class)
			}
		})
	}
}

func TestQueryStopsForItsCaller(t *testing.T) {
	closed := make(chan string, 1)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(anEvent, anEvent)
		message, _ := p.read()
		closed <- message
		p.req()
		p.send(`["EOSE","SUB"]`)
		p.wait()
	}))
	enough := errors.New("enough")
	answer, err := conn.Query(t.Context(), Request{}, func([]byte) error { return enough })
	if err != enough || answer.Events != 1 {
		t.Errorf("Query got %d events and %v, want 1 and the caller's own error", answer.Events, err)
	}
	if got := <-closed; got != `["CLOSE","b1"]` {
		t.Errorf("relay got %s, want CLOSE", got)
	}
	if answer, err = conn.Query(t.Context(), Request{}, nil); err != nil || answer.Ignored != 1 {
		t.Errorf("next Query got %+v and %v, want the late event ignored", answer, err)
	}
}

// TestQueryLingers: what comes behind an EOSE belongs to the answer of a question that waits for it, whatever ends the wait.
func TestQueryLingers(t *testing.T) {
	for name, end := range map[string]func(*peer){
		"silence":    func(p *peer) { p.wait() },
		"CLOSED":     func(p *peer) { p.send(`["CLOSED","SUB",""]`); p.wait() },
		"disconnect": func(*peer) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, localDialer(), serve(t, func(p *peer) {
				p.req()
				p.send(anEvent, `["EOSE","SUB","more"]`, anEvent, `["EOSE","SUB"]`, anEvent)
				end(p)
			}))
			answer, err := conn.Query(t.Context(), Request{Linger: time.Second}, func([]byte) error { return nil })
			if err != nil || answer.Events != 3 || answer.InTime != 1 || answer.Hint != "more" {
				t.Errorf("Query got %+v and %v, want 3 events, of which one came in time", answer, err)
			}
		})
	}
}

func TestQueryUsesFreshIDsAndCloses(t *testing.T) {
	got := make(chan string, 8)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		for {
			message, ok := p.read()
			if !ok {
				return
			}
			got <- message
			if strings.HasPrefix(message, `["REQ"`) {
				p.send(fmt.Sprintf(`["EOSE",%q]`, strings.Split(message, `"`)[3]))
			}
		}
	}))
	limit, since := 7, int64(5)
	for range 2 {
		if _, err := conn.Query(t.Context(), Request{Filter: event.Filter{Limit: &limit, Since: &since}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{`["REQ","b1",{"since":5,"limit":7}]`, `["CLOSE","b1"]`, `["REQ","b2",{"since":5,"limit":7}]`, `["CLOSE","b2"]`} {
		if message := <-got; message != want {
			t.Errorf("relay got %s, want %s", message, want)
		}
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	for name, c := range map[string]struct {
		class  Class
		cancel func(context.Context) (context.Context, context.CancelFunc)
	}{
		"deadline": {ClassTimeout, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}},
		"cancel": {ClassCanceled, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		}},
	} {
		conn := connect(t, localDialer(), serve(t, (*peer).wait))
		ctx, cancel := c.cancel(t.Context())
		_, err := conn.Query(ctx, Request{}, nil)
		cancel()
		var e *Error
		if !errors.As(err, &e) || e.Class != c.class {
			t.Errorf("%s: Query got %v, want class %s", name, err, c.class)
		}
		if c.class == ClassCanceled && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Query got %v, want context.Canceled inside", name, err)
		}
	}
}

func TestCloseEndsAWaitingQuestion(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, (*peer).wait))
	time.AfterFunc(50*time.Millisecond, conn.Close)
	_, err := conn.Query(t.Context(), Request{}, nil)
	if ReasonOf(err) != "canceled" || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Query got %v, want canceled", err)
	}
	conn.Close()
}

func TestSlowCallerSlowsTheRelay(t *testing.T) {
	sent := make(chan int, 1)
	big := `["EVENT","SUB",{"x":"` + strings.Repeat("x", 1<<19) + `"}]`
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		n := 0
		for ; n < 200; n++ {
			if ctx, cancel := context.WithTimeout(p.ctx, time.Second); p.ws.Write(ctx, websocket.MessageText, []byte(strings.ReplaceAll(big, "SUB", p.sub))) != nil {
				cancel()
				break
			} else {
				cancel()
			}
		}
		sent <- n
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Query(t.Context(), Request{Idle: time.Second}, func([]byte) error {
			if n := <-sent; n > 100 {
				t.Errorf("relay sent %d events of 512 KiB to a caller that read one, want a full socket", n)
			}
			return errors.New("enough")
		})
	}()
	<-done
}

func TestChallengeIsKept(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, reply(`["AUTH","first"]`, `["AUTH","second"]`, `["EOSE","SUB"]`)))
	if _, err := conn.Query(t.Context(), Request{}, nil); err != nil || conn.Challenge() != "second" {
		t.Errorf("Challenge got %q after %v, want the last one", conn.Challenge(), err)
	}
}

func BenchmarkQuery(b *testing.B) {
	body := `["EVENT","SUB",{"id":"` + strings.Repeat("a", 64) + `","content":"` + strings.Repeat("word ", 200) + `"}]`
	conn := connect(b, localDialer(), serve(b, func(p *peer) {
		p.req()
		for i := 0; i < b.N && p.send(body); i++ {
		}
		p.send(`["EOSE","SUB"]`)
		p.wait()
	}))
	b.ReportAllocs()
	b.ResetTimer()
	answer, err := conn.Query(b.Context(), Request{}, func([]byte) error { return nil })
	if err != nil || answer.Events != b.N {
		b.Fatalf("Query got %d events and %v, want %d", answer.Events, err, b.N)
	}
}

// TestQueryGoesOnBehind: with Behind a question is answered at its EOSE, others may be asked meanwhile, and what comes
// behind it is taken until Linger has passed or the connection is lost.
func TestQueryGoesOnBehind(t *testing.T) {
	for name, lose := range map[string]bool{"silence": false, "disconnect": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := make(chan struct{})
			conn := connect(t, localDialer(), serve(t, func(p *peer) {
				p.req()
				first := p.sub
				p.send(anEvent, `["EOSE","SUB","more"]`)
				p.req()
				p.send(anEvent, `["EOSE","SUB"]`)
				p.sub = first
				p.send(anEvent, `["EOSE","SUB"]`, anEvent)
				if lose {
					return
				}
				for message, ok := p.read(); ok; message, ok = p.read() {
					if message == fmt.Sprintf(`["CLOSE",%q]`, first) {
						close(closed)
					}
				}
			}))
			behind := make(chan struct{}, 9)
			take := func([]byte) error { return nil }
			answer, err := conn.Query(t.Context(), Request{Linger: time.Second, Behind: func([]byte) { behind <- struct{}{} }}, take)
			if err != nil || answer.Events != 1 || answer.InTime != 1 || answer.Hint != "more" {
				t.Fatalf("Query got %+v and %v, want 1 event and a hint", answer, err)
			}
			if meanwhile, err := conn.Query(t.Context(), Request{}, take); err != nil || meanwhile.Events != 1 || meanwhile.Settled != nil {
				t.Fatalf("Query meanwhile got %+v and %v, want 1 event", meanwhile, err)
			}
			<-answer.Settled
			if len(behind) != 2 {
				t.Errorf("got %d events behind EOSE, want 2", len(behind))
			}
			if !lose {
				<-closed
			}
		})
	}
}
