package relay

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback opens exactly the test's own listeners.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func localDialer() *Dialer { return NewDialer(Options{Allow: loopback}) }

// serve runs a WebSocket listener whose connections live as long as the given function.
func serve(t testing.TB, relay func(*peer)) URL {
	t.Helper()
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		ws.SetReadLimit(1 << 20)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		relay(&peer{ws: ws, ctx: ctx})
	}))
	t.Cleanup(server.Close)
	return URL("ws" + strings.TrimPrefix(server.URL, "http"))
}

// serveRaw runs a listener that upgrades and then writes bytes of its own.
func serveRaw(t testing.TB, relay func(net.Conn)) URL {
	t.Helper()
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		raw, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer raw.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(raw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		relay(raw)
	}))
	t.Cleanup(server.Close)
	return URL("ws" + strings.TrimPrefix(server.URL, "http"))
}

// peer is the relay's end of a connection in a test.
type peer struct {
	ws  *websocket.Conn
	ctx context.Context
	sub string // of the last REQ read
}

// read reads one message of the client; false when it is gone.
func (p *peer) read() (string, bool) {
	_, b, err := p.ws.Read(p.ctx)
	return string(b), err == nil
}

// req reads until a REQ comes and keeps its subscription id.
func (p *peer) req() bool {
	for {
		message, ok := p.read()
		if !ok {
			return false
		}
		if rest, ok := strings.CutPrefix(message, `["REQ","`); ok {
			p.sub, _, _ = strings.Cut(rest, `"`)
			return true
		}
	}
}

// send writes messages, with SUB for the subscription id.
func (p *peer) send(messages ...string) bool {
	for _, message := range messages {
		message = strings.ReplaceAll(message, "SUB", p.sub)
		if p.ws.Write(p.ctx, websocket.MessageText, []byte(message)) != nil {
			return false
		}
	}
	return true
}

// wait holds the connection open until the client leaves.
func (p *peer) wait() {
	for ok := true; ok; {
		_, ok = p.read()
	}
}

func connect(t testing.TB, d *Dialer, u URL) *Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel() // the connection must outlive the context of its making
	c, err := d.Connect(ctx, u)
	if err != nil {
		t.Fatalf("Connect(%s) got %v", u, err)
	}
	t.Cleanup(c.Close)
	return c
}
