package monitor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

func TestTwoMonitorsShareTheWork(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.network.ClearnetMaxRelays = 4
	p.cfg.Only = []string{"open", "read", "write", "nip11"}
	p.writer()
	relays := map[string]*simrelay.Relay{}
	for i := range 40 {
		r := start(t, fmt.Sprint("relay", i), simrelay.Manners{})
		relays[r.URL()] = r
		p.due(r.URL())
	}
	p.monitors(2)
	p.until("all rounds", func() bool {
		for url := range relays {
			if len(p.of(url)) == 0 {
				return false
			}
		}
		return true
	})
	for url, r := range relays {
		p.settled(url)
		totals := r.Ledger().Totals()
		if n := len(p.of(url)); n != 1 || totals.Writes != 1 || totals.Infos != 1 || len(r.Ledger().Requests()) != 1 {
			t.Errorf("%s: got %d rounds with %d writes and %d documents, want one of each", url, n, totals.Writes, totals.Infos)
		}
	}
}

func TestAStopHandsTheRoundBackAndTellsNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.network.ClearnetCheckTimeout = 20 * time.Second
	p.writer()
	r := start(t, "hangs", simrelay.Manners{Dead: simrelay.Hang})
	p.due(r.URL())
	stop := p.monitors(1)
	p.until("connection", func() bool { return r.Ledger().Faults()[simrelay.FaultDead] > 0 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the monitor stopped after %s, want at once", took)
	}
	p.network.ClearnetCheckTimeout = time.Second
	p.monitors(1)
	p.until("round", func() bool { return len(p.of(r.URL())) > 0 })
	p.settled(r.URL())
	if got := p.of(r.URL()); len(got) != 1 || got[0].Results[0].Reason != "timeout" {
		t.Errorf("got %v, want the second monitor's round alone", got)
	}
}

// TestARedeliveredRoundSynchronizes is a crash right after the round was handed over: the archive says already that
// the relay is up, but nobody has thrown the synchronization.
func TestARedeliveredRoundSynchronizes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := start(t, "crashed on", simrelay.Manners{})
	p.due(r.URL())
	delivered := make(chan struct{}, 1)
	stop := p.each(subject.JobConsumer(subject.JobCheck, subject.Clearnet), func(*bus.Delivery) error {
		delivered <- struct{}{}
		return bus.Retry(time.Second, errors.New("crash"))
	})
	<-delivered
	stop()
	p.tell(r.URL(), store.State{State: up})
	p.writer()
	p.monitors(1)
	p.until("round", func() bool { return len(p.of(r.URL())) > 0 })
	p.synchronize(r.URL())
}

// tell writes a state into the archive.
func (p *place) tell(url string, s store.State) {
	p.t.Helper()
	at := time.Now().Add(-time.Hour).Unix()
	check := &ingest.Check{
		Relay: url, Vantage: "main", CheckedAt: at, StateSince: at, State: s.State, Failures: uint32(s.Failures), FailingSince: at,
	}
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{{Version: ingest.Version, Checks: []*ingest.Check{check}}}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
	if _, known, err := p.store.State(p.t.Context(), url, "main"); err != nil || !known {
		p.t.Fatalf("State got known %v, %v, want what was written", known, err)
	}
}

func TestBadTasksAreGivenUp(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.monitors(1)
	bad := []bus.Task{
		{URL: "wss://relay.example.com/", Network: subject.Clearnet},
		{URL: "http://relay.example.com", Network: subject.Clearnet},
		{URL: "no url", Network: subject.Clearnet},
		{URL: "ws://10.0.0.1", Network: subject.Clearnet},
		{URL: "ws://" + strings.Repeat("a", 56) + ".onion", Network: subject.Clearnet},
	}
	for _, task := range bad {
		if err := p.bus.Now(t.Context(), subject.JobCheck, task); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.bus.Publish(t.Context(), bus.Message{Subject: subject.Task(subject.JobCheck, subject.Clearnet, "x"), Body: []byte("{")}); err != nil {
		t.Fatal(err)
	}
	p.until("all given up", func() bool {
		streams, err := p.bus.Streams(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		left := map[string]uint64{}
		for _, s := range streams {
			left[s.Name] = s.Messages
		}
		return left[subject.StreamDead] == uint64(len(bad)+1) && left[subject.StreamTasks] == 0 && left[subject.StreamIngest] == 0
	})
}

func TestWithoutAnArchiveTasksStay(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := start(t, "waiting", simrelay.Manners{})
	closed, err := store.Open(store.Config{URL: "postgres://nobody@" + unused(t) + "/nothing"}, p.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed.Close)
	m := New(p.cfg, p.network, p.options, p.bus, closed, p.log)
	outcome, err := m.check(t.Context(), &bus.Delivery{Body: []byte(`{"url":"` + r.URL() + `","network":"clearnet"}`)})
	if outcome != outcomeUnread || err == nil {
		t.Errorf("got %s, %v, want %s and an error", outcome, err, outcomeUnread)
	}
	if n := r.Ledger().Totals().Infos; n != 0 {
		t.Errorf("the relay was asked %d times, want not at all", n)
	}
}

func TestWhatIsOursSaysNothingOfARelay(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	onion := "ws://" + strings.Repeat("a", 56) + ".onion"
	options := relay.Options{
		Proxies: map[relay.Network]*url.URL{relay.Tor: {Scheme: "socks5h", Host: unused(t)}},
		Deny:    relay.Denylist{Hosts: map[string]bool{"opted.example.com": true}},
	}
	p.network.TorCheckTimeout = time.Second
	m := New(p.cfg, p.network, options, p.bus, p.store, p.log)
	for _, c := range []struct {
		task bus.Task
		want string
		ball bool // a next check is scheduled; else the task itself comes again
	}{
		{bus.Task{URL: onion, Network: subject.Tor}, outcomeNoProxy, false},
		{task("wss://opted.example.com"), outcomeDenied, true},
	} {
		body, err := json.Marshal(c.task)
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := m.check(t.Context(), &bus.Delivery{Body: body})
		_, has := p.balls(subject.JobCheck)[subject.Token(c.task.URL)]
		if outcome != c.want || has != c.ball || (err == nil) != c.ball {
			t.Errorf("%s: got %s, %v, next check %v, want %s, next check %v", c.task.URL, outcome, err, has, c.want, c.ball)
		}
	}
	streams, err := p.bus.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		if s.Name == subject.StreamIngest && s.Messages != 0 {
			t.Errorf("got %d messages on INGEST, want none", s.Messages)
		}
	}
}

// unused is an address where nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// stumbling listens in front of a relay and ends its first connections without a word.
func stumbling(t *testing.T, r *simrelay.Relay, first int64) (address string, dropped *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dropped = new(atomic.Int64)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			if dropped.Load() < first {
				dropped.Add(1)
				near.Close()
				continue
			}
			running.Go(func() { join(near, strings.TrimPrefix(r.URL(), "ws://")) })
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return "ws://" + l.Addr().String(), dropped
}

func join(near net.Conn, address string) {
	defer near.Close()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = io.Copy(far, near); far.Close() })
	_, _ = io.Copy(near, far)
	near.Close()
	sending.Wait()
}

func TestAHiccupIsNoFailure(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.RetriesOpen = 2
	p.writer()
	p.monitors(1)
	url, dropped := stumbling(t, start(t, "hiccup", simrelay.Manners{}), 1)
	if got := p.check(url, 1); got.State != up || dropped.Load() != 1 {
		t.Errorf("got %s after %d dropped connections, want up after one", got.State, dropped.Load())
	}
}

func TestAFailingRelayIsAskedOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.RetriesOpen, p.cfg.RetriesNIP11 = 2, 3
	p.writer()
	p.monitors(1)
	url, dropped := stumbling(t, start(t, "failing", simrelay.Manners{}), 2)
	p.tell(url, store.State{State: up, Failures: 1})
	got := p.check(url, 1)
	if got.Failures != 2 || dropped.Load() != 2 { // open and nip11
		t.Errorf("got %d failures after %d connections, want two after two", got.Failures, dropped.Load())
	}
}

// TestACheckHasABudget has a relay that never ends an answer, and allows more repetitions than two deadlines hold.
func TestACheckHasABudget(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.RetriesRead = 10
	p.writer()
	p.monitors(1)
	r := start(t, "never ends", simrelay.Manners{LoseEOSEEvery: 1})
	got := p.check(r.URL(), 1)
	if read := result(t, got, "read"); read.Reason != "timeout" {
		t.Errorf("got %q for read, want timeout", read.Reason)
	}
	if n := len(r.Ledger().Requests()); n < 1 || n > 2 {
		t.Errorf("the relay was asked %d times, want as often as two deadlines hold", n)
	}
	if last := result(t, got, "nip11"); !last.Ok {
		t.Errorf("got %q for nip11, want it made all the same", last.Reason)
	}
}

func TestARoundEndsInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &round{url: "wss://relay.example.com", timeout: time.Second, checks: checks, tools: &tools{}}
	r.run(ctx, func(check) uint { return 9 })
	for _, result := range r.results {
		if reason := reasonOf(result.Err); reason != "no_time" && reason != "not_open" && reason != "not_measured" {
			t.Errorf("got %q for %s after the end of the round, want it not made", reason, result.Check)
		}
	}
}

func TestAResetAfterTLSBlocksUs(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.options.AllowInsecureTLS = true
	var resets atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		tcp := conn.(*tls.Conn).NetConn().(*net.TCPConn)
		_ = tcp.SetLinger(0) // a reset instead of an end
		_ = tcp.Close()
		resets.Add(1)
	}))
	t.Cleanup(server.Close)
	p.writer()
	p.monitors(1)
	got := p.check("wss://"+strings.TrimPrefix(server.URL, "https://"), 1)
	if got.State != blocked || got.Results[0].Reason != "upgrade" || resets.Load() == 0 {
		t.Errorf("got %s with %v after %d resets, want blocked", got.State, got.Results, resets.Load())
	}
}

func TestABadKeyEndsTheRun(t *testing.T) {
	cfg := Config{PrivateKey: app.NewSecret("nsec1not-a-key")}
	err := New(cfg, newPlace(t).network, relay.Options{}, nil, nil, nil).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "MONITOR_PRIVATE_KEY") || strings.Contains(err.Error(), "not-a-key") {
		t.Errorf("got %v, want an error that names the setting and not the key", err)
	}
}

func TestConfigLoadsItsDefaults(t *testing.T) {
	got, err := app.Load[Config](map[string]string{})
	want := Config{Interval: time.Hour, RetriesOpen: 2, RetriesRead: 2, RetriesWrite: 2, RetriesNIP11: 3, RetriesTLS: 2, RetriesDNS: 2,
		CapabilitiesInterval: 24 * time.Hour, MaxPow: 20, Canaries: canariesShipped}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := app.Load[Config](map[string]string{"MONITOR_INTERVAL": "9m", "MONITOR_RETRIES_OPEN": "11"}); err == nil {
		t.Error("settings out of range got no error")
	}
}
