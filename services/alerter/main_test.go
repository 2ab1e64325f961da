package alerter

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// khatru never ends the goroutine that looks for expired events.
func TestMain(m *testing.M) {
	testkit.Main(m, goleak.IgnoreTopFunction("github.com/fiatjaf/khatru.(*expirationManager).start"))
}

const watched relay.URL = "wss://a.example.com"

// receiver is a real HTTPS server that keeps what it is sent.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	status []int // of the next answers; then 204
}

type post struct {
	header http.Header
	body   []byte
	alert  Alert
}

func newReceiver(t *testing.T, status ...int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		p := post{header: req.Header, body: body}
		if err != nil || req.Method != http.MethodPost || json.Unmarshal(body, &p.alert) != nil {
			t.Errorf("got %s %q (%v), want POST of an alert", req.Method, body, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts = append(r.posts, p)
		code := http.StatusNoContent
		if len(r.status) > 0 {
			code, r.status = r.status[0], r.status[1:]
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.posts)
}

// place is what an alerter works in.
type place struct {
	t       *testing.T
	dsn     string
	bus     *bus.Bus
	streams *testkit.Streams
	archive *store.Store
	cfg     Config
	options relay.Options
	running *Alerter
}

func newPlace(t *testing.T, roots ...*httptest.Server) *place {
	t.Helper()
	dsn := testkit.Postgres(t)
	url := testkit.NATSURL(t)
	p := &place{t: t, dsn: dsn, bus: testkit.Connect(t, url), streams: testkit.OpenStreams(t, url), archive: testkit.Store(t, dsn)}
	p.options = relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: x509.NewCertPool()}
	for _, server := range roots {
		p.options.RootCAs.AddCert(server.Certificate())
	}
	return p
}

// alerts starts an alerter with these subscriptions, which begins with what comes then.
func (p *place) alerts(list string) (stop func()) {
	p.t.Helper()
	p.cfg.Subscriptions = filepath.Join(p.t.TempDir(), "alerts.yaml")
	if err := os.WriteFile(p.cfg.Subscriptions, []byte(list), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cfg.Validate(); err != nil {
		p.t.Fatal(err)
	}
	p.running = p.alerter()
	subscriptions, err := readSubscriptions(p.cfg.Subscriptions)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.running.Run(ctx); err != nil {
			p.t.Errorf("Run: got %v, want nil", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.t.Cleanup(stop)
	for _, s := range subscriptions { // their positions must be there before the first result
		for _, r := range p.running.routes(s) {
			testkit.Until(p.t, "the consumer", func() bool { return p.streams.HasConsumer(subject.StreamRelays, r.consumer().Name) })
		}
	}
	return stop
}

func (p *place) alerter() *Alerter {
	a := New(p.cfg, netconf.Config{Vantage: "test"}, p.options, p.bus, testkit.Reader(p.t, p.dsn), testkit.Log(p.t))
	a.backOff = 50 * time.Millisecond
	return a
}

// round is one of the watched relay, n minutes after the first.
func round(n int, state string) feed.Check {
	at := time.Now().Truncate(time.Second).Add(time.Duration(n-1000) * time.Minute)
	return feed.Check{Relay: watched, Vantage: "test", CheckedAt: at, State: state, Since: at}
}

// checked has the archive and the stream learn of a round, as the writer does.
func (p *place) checked(c feed.Check, cert ...document.Certificate) {
	p.t.Helper()
	m := &ingest.Check{Relay: string(c.Relay), Vantage: c.Vantage, CheckedAt: c.CheckedAt.Unix(), State: c.State, StateSince: c.Since.Unix()}
	for _, one := range cert {
		body, err := document.Encode(one)
		if err != nil {
			p.t.Fatal(err)
		}
		m.Documents = append(m.Documents, document.Message(document.TLS, body))
	}
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{{Checks: []*ingest.Check{m}}}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"relay": c.Relay, "vantage": c.Vantage, "checked_at": c.CheckedAt.Unix(), "state": c.State,
		"since": c.Since.Unix(), "results": []any{}})
	if err != nil {
		p.t.Fatal(err)
	}
	on := subject.Check(string(c.Relay.Network()), c.Relay.Token())
	if err := p.bus.Publish(p.t.Context(), bus.Message{Subject: on, Body: body}); err != nil {
		p.t.Fatal(err)
	}
}

// memory waits until the one route remembers what holds, and returns it. Every round is waited for, so that none is overtaken.
func (p *place) memory(what string, holds func(memory) bool) (m memory, r *route, revision uint64) {
	p.t.Helper()
	subscriptions, err := readSubscriptions(p.cfg.Subscriptions)
	if err != nil {
		p.t.Fatal(err)
	}
	r = p.running.routes(subscriptions[0])[0]
	testkit.Until(p.t, what, func() bool {
		if m, revision, err = r.recall(p.t.Context(), watched); err != nil {
			p.t.Fatal(err)
		}
		return holds(m)
	})
	return m, r, revision
}

// told makes a round and waits until its state was taken in.
func (p *place) told(n int, state string) {
	p.t.Helper()
	p.checked(round(n, state))
	p.memory(state, func(m memory) bool { return m.State == state })
}
