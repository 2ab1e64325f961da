package simrelay

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a plain WebSocket client: the tests must not see relays through the code that has to cope with them.
type client struct {
	t   *testing.T
	ws  *websocket.Conn
	ctx context.Context
}

func start(t *testing.T, m Manners, events []event.Event) *Relay {
	t.Helper()
	r := New(t.Name(), m, events)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func dial(t *testing.T, r *Relay) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	ws, _, err := websocket.Dial(ctx, r.URL(), nil)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ws.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = ws.CloseNow(); cancel() })
	return &client{t, ws, ctx}
}

func (c *client) send(frame string) {
	c.t.Helper()
	if err := c.ws.Write(c.ctx, websocket.MessageText, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

// frame is one message of the relay; raw keeps what is no message.
type frame struct {
	verb  string
	parts []json.RawMessage
	raw   []byte
}

func (f frame) text(i int) string {
	var s string
	if i < len(f.parts) {
		_ = json.Unmarshal(f.parts[i], &s)
	}
	return s
}

func (c *client) read(ctx context.Context) (frame, error) {
	_, raw, err := c.ws.Read(ctx)
	f := frame{raw: raw}
	if err == nil && json.Unmarshal(raw, &f.parts) == nil {
		f.verb = f.text(0)
	}
	return f, err
}

func (c *client) next() frame {
	c.t.Helper()
	f, err := c.read(c.ctx)
	if err != nil {
		c.t.Fatalf("read frame: %v", err)
	}
	return f
}

// reply is everything a relay said to one REQ up to a frame that ends it.
type reply struct {
	events []event.Event // in order of arrival, as far as they parse
	broken int           // EVENT frames whose event does not parse or is not signed
	other  []frame
	end    frame
}

// ask sends a REQ and reads up to EOSE, CLOSED or NOTICE.
func (c *client) ask(sub string, filters ...string) reply {
	c.t.Helper()
	a, err := c.try(sub, filters...)
	if err != nil {
		c.t.Fatalf("ask %s: %v", filters, err)
	}
	return a
}

func (c *client) try(sub string, filters ...string) (reply, error) {
	c.t.Helper()
	req := `["REQ","` + sub + `"`
	for _, f := range filters {
		req += "," + f
	}
	c.send(req + "]")
	var a reply
	for {
		f, err := c.read(c.ctx)
		if err != nil {
			return a, err
		}
		switch {
		case f.verb == "EVENT" && len(f.parts) == 3 && f.text(1) == sub:
			a.take(f.parts[2])
		case f.verb == "EOSE" && f.text(1) == sub, f.verb == "CLOSED" && f.text(1) == sub, f.verb == "NOTICE" && len(f.parts) > 1 && f.text(1) != "":
			a.end = f
			return a, nil
		default:
			a.other = append(a.other, f)
		}
	}
}

func (a *reply) take(raw []byte) {
	ev, err := event.Parse(raw)
	if err != nil || !ev.CheckSignature() {
		a.broken++
		return
	}
	a.events = append(a.events, ev)
}

func (a reply) ids() map[event.ID]int {
	m := map[event.ID]int{}
	for _, ev := range a.events {
		m[ev.ID]++
	}
	return m
}

// silent fails if a frame arrives within the given time, and loses the connection either way.
func (c *client) silent(d time.Duration) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, d)
	defer cancel()
	if f, err := c.read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		c.t.Fatalf("got frame %.100q, err %v, want silence", f.raw, err)
	}
}

func testKey(t *testing.T) event.Key {
	t.Helper()
	k, err := event.ParseKey("0000000000000000000000000000000000000000000000000000000000000007")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ladder is n events one second apart, from the given time on, oldest first.
func ladder(t *testing.T, n int, from int64) []event.Event {
	k := testKey(t)
	events := make([]event.Event, n)
	for i := range events {
		events[i] = k.Sign(from+int64(i), 1, [][]string{{"t", "ladder"}}, "step "+string(rune('a'+i%26)))
	}
	return events
}
