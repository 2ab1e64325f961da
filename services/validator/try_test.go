package validator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// fast backs off by whole seconds, the finest that schedules know.
var fast = Config{Backoff: []time.Duration{2 * time.Second}, BackoffMax: 3 * time.Second, GiveUp: 3}

// usual never comes round again during a test.
var usual = Config{Backoff: []time.Duration{10 * time.Minute, time.Hour}, BackoffMax: 168 * time.Hour, GiveUp: 12}

func TestDemoRelaysAreAcceptedAndTheRestIsNot(t *testing.T) {
	demo, err := simrelay.Demo(simrelay.DemoConfig{Seed: 1, Events: 300})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	w := newWorld(t, usual)
	for _, url := range demo.URLs() {
		w.find(url)
	}
	w.run(w.Run)
	reasons := map[string]string{
		"dead": "refused", "hang": "timeout", "web-page": "upgrade_200", "forbidden": "upgrade_403", "giant-frame": "too_large",
	}
	for _, member := range demo.Members {
		url, name := member.URL(), member.Name()
		w.until(name+" was tried", func() bool { row := w.row(url); return row.Accepted || row.Tries > 0 })
		reason, bad := reasons[name]
		if bad {
			w.until(name+" is a candidate with a ball", func() bool { return w.report(url).Reason == reason && w.has(subject.JobValidate, url) })
		}
		if accepted := w.row(url).Accepted; accepted == bad {
			t.Errorf("%s got accepted %v (reason %q), want %v", name, accepted, w.report(url).Reason, !bad)
		}
		if has := w.has(subject.JobCheck, url); has == bad {
			t.Errorf("%s got a check %v, want %v", name, has, !bad)
		}
	}
}

func TestDeadRelayBacksOffAndIsGivenUp(t *testing.T) {
	w := newWorld(t, fast)
	url := startRelay(t, "dead", simrelay.Manners{Dead: simrelay.Refused}).URL()
	w.find(url)
	start := time.Now()
	w.run(w.Run)
	w.until("it is given up", func() bool { return !w.row(url).GivenUpAt.IsZero() })
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("three tries took %s, want the two delays between them", took)
	}
	report := w.report(url)
	if report.Tries != 3 || report.Reason != "refused" || !report.NextTryAt.IsZero() || !report.AcceptedAt.IsZero() {
		t.Errorf("got %+v, want given up after 3 tries, refused", report)
	}
	w.until("its task is gone", func() bool { return !w.has(subject.JobValidate, url) })
	if w.has(subject.JobCheck, url) {
		t.Error("a relay that was given up got a check")
	}
}

func TestRelayThatComesUpIsAcceptedLater(t *testing.T) {
	w := newWorld(t, Config{Backoff: []time.Duration{time.Second}, BackoffMax: time.Second, GiveUp: 50})
	r := startRelay(t, "late", simrelay.Manners{})
	url := r.URL()
	r.Stop()
	w.find(url)
	w.run(w.Run)
	w.until("it failed once", func() bool { return w.row(url).Tries > 0 })
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	w.until("it is accepted", func() bool { return w.row(url).Accepted })
	if report := w.report(url); report.Reason != "" || !report.NextTryAt.IsZero() {
		t.Errorf("after its acceptance got reason %q, next try %s, want none", report.Reason, report.NextTryAt)
	}
}

func TestWebSocketServersThatDoNotSpeakNostrAreNoRelays(t *testing.T) {
	w := newWorld(t, usual)
	urls := map[string]string{}
	for reason, say := range map[string]func(context.Context, *websocket.Conn){
		"timeout": func(ctx context.Context, _ *websocket.Conn) { <-ctx.Done() }, // W45: silence is no answer
		"malformed": func(ctx context.Context, c *websocket.Conn) {
			for c.Write(ctx, websocket.MessageText, []byte(`{"type":"auth-required"}`)) == nil {
			}
		},
		"disconnect": func(_ context.Context, c *websocket.Conn) {
			_ = c.Close(websocket.StatusNormalClosure, "auth-required")
		},
	} {
		urls[reason] = serveWebSocket(t, say) + "/auth-required" // W44: a name is no answer
		w.find(urls[reason])
	}
	w.run(w.Run)
	for want, url := range urls {
		w.until(want+" was tried", func() bool { return w.row(url).Tries == 1 })
		if got := w.report(url); got.Reason != want || !got.AcceptedAt.IsZero() {
			t.Errorf("got reason %q, accepted at %s, want %s and never", got.Reason, got.AcceptedAt, want)
		}
	}
}

// serveWebSocket runs a server that accepts any upgrade and then does as say does, until the client is gone.
func serveWebSocket(t *testing.T, say func(context.Context, *websocket.Conn)) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		ctx, gone := context.WithCancel(context.Background())
		go func() {
			defer gone()
			for {
				if _, _, err := conn.Read(ctx); err != nil {
					return
				}
			}
		}()
		say(ctx, conn)
		_ = conn.CloseNow()
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestAddressThatWeDoNotDialCountsAsATry(t *testing.T) {
	w := newWorld(t, usual)
	denying := local
	denying.Deny.CIDRs = local.Allow
	for reason, options := range map[string]relay.Options{"denied": denying, "reserved": {}} {
		url := startRelay(t, reason, simrelay.Manners{}).URL()
		w.find(url)
		end := w.run(New(usual, network, options, w.bus, w.log).Run)
		w.until("it was tried", func() bool { return w.row(url).Tries == 1 })
		if got := w.report(url).Reason; got != reason {
			t.Errorf("reason got %q, want %s", got, reason)
		}
		w.until("it has a ball", func() bool { return w.has(subject.JobValidate, url) })
		end()
	}
}

func TestNetworkWithoutProxyIsParked(t *testing.T) {
	w := newWorld(t, usual)
	url := "ws://" + strings.Repeat("a", 56) + ".onion"
	w.find(url)
	w.run(w.Run)
	w.until("it is parked", func() bool { return w.report(url).Reason == "no_proxy" })
	report := w.report(url)
	if wait := time.Until(report.NextTryAt); report.Tries != 0 || wait < 20*time.Hour || wait > 28*time.Hour {
		t.Errorf("got %d tries and the next in %s, want none and about a day", report.Tries, wait)
	}
	w.until("its ball is a schedule", func() bool { return w.has(subject.JobValidate, url) })
}

func TestTaskThatIsNoneIsGivenUp(t *testing.T) {
	w := newWorld(t, usual)
	for _, task := range []bus.Task{
		{URL: "wss://Not-Canonical.com/", Network: subject.Clearnet}, {URL: "wss://a.com", Network: subject.Tor}, {URL: "x y", Network: subject.Clearnet},
	} {
		if err := w.bus.Now(t.Context(), subject.JobValidate, task); err != nil {
			t.Fatal(err)
		}
	}
	w.run(w.Run)
	w.until("all three are on DEAD", func() bool { return w.messages(subject.StreamDead) == 3 && w.messages(subject.StreamTasks) == 0 })
}

func TestStopHandsOpenTasksBack(t *testing.T) {
	w := newWorld(t, usual)
	url := startRelay(t, "hang", simrelay.Manners{Dead: simrelay.Hang}).URL()
	w.find(url)
	end := w.run(w.Run)
	w.until("it is in work", func() bool {
		consumers, err := w.bus.Consumers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range consumers {
			if c.Name == subject.JobConsumer(subject.JobValidate, subject.Clearnet) {
				return c.AckPending == 1
			}
		}
		return false
	})
	start := time.Now()
	end()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("stopping took %s, want less than the time of a try", took)
	}
	if !w.has(subject.JobValidate, url) || w.row(url).Tries != 0 {
		t.Error("a try that was cut off by our own stop was counted, or its task is gone")
	}
}

func TestNothingFollowsWhatCouldNotBeHandedOver(t *testing.T) {
	w := newFullWorld(t, usual)
	for name, m := range map[string]simrelay.Manners{"good": {}, "dead": {Dead: simrelay.Refused}} {
		url := startRelay(t, name, m).URL()
		task := bus.Task{URL: url, Network: subject.Clearnet}
		body, err := json.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.try(t.Context(), &bus.Delivery{Body: body}); !errors.Is(err, bus.ErrFull) {
			t.Errorf("%s: with INGEST full got %v, want the task given back", name, err)
		}
		if w.has(subject.JobCheck, url) || w.has(subject.JobValidate, url) {
			t.Errorf("%s: a ball was thrown for what the writer never heard of", name)
		}
	}
}

// Two slots, and more relays that say nothing than these: the good one is accepted while they are all still waiting.
func TestSilentRelaysDoNotHoldUpTheGoodOne(t *testing.T) {
	w := newWorld(t, usual)
	narrow := network
	narrow.ClearnetMaxRelays, narrow.ClearnetMaxWaiting, narrow.ClearnetCheckTimeout = 2, 8, time.Minute
	w.Validator = New(usual, narrow, local, w.bus, w.log)
	for range 5 {
		w.find(startRelay(t, "hang", simrelay.Manners{Dead: simrelay.Hang}).URL())
	}
	good := startRelay(t, "good", simrelay.Manners{}).URL()
	w.find(good)
	w.run(w.Run)
	w.until("the good one is accepted", func() bool { return w.row(good).Accepted })
}

// More candidates that failed before than there is room to wait for: the new one does not stand behind them.
func TestFailedCandidatesDoNotHoldUpANewOne(t *testing.T) {
	w := newWorld(t, usual)
	narrow := network
	narrow.ClearnetMaxRelays, narrow.ClearnetMaxWaiting, narrow.ClearnetCheckTimeout = 1, 2, time.Minute
	w.Validator = New(usual, narrow, local, w.bus, w.log)
	var tried []*simrelay.Relay
	for range 4 {
		r := startRelay(t, "hang", simrelay.Manners{Dead: simrelay.Hang})
		tried = append(tried, r)
		if err := w.bus.Later(t.Context(), subject.JobValidate, bus.Task{URL: r.URL(), Network: subject.Clearnet, Tries: 1}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	hanging := func() (n int64) {
		for _, r := range tried {
			n += int64(r.Ledger().Faults()[simrelay.FaultDead])
		}
		return n
	}
	w.run(w.Run)
	w.until("two of them are asked", func() bool { return hanging() == 2 })
	good := startRelay(t, "good", simrelay.Manners{}).URL()
	w.find(good)
	w.until("the new one is accepted", func() bool { return w.row(good).Accepted })
	if n := hanging(); n != 2 {
		t.Errorf("got %d of those that failed asked, want one slot and one place", n)
	}
}
