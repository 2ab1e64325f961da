package publisher

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fiatjaf/khatru"
	"github.com/nbd-wtf/go-nostr"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const (
	monitored  = relay.URL("wss://a.example.com")
	monitoredD = "wss://a.example.com/"
)

// tagsOf are the tags of an event with this name, without it.
func tagsOf(t *testing.T, e event.Event, name string) (values []string) {
	t.Helper()
	var tags [][]string
	if err := json.Unmarshal(e.Tags, &tags); err != nil {
		t.Fatal(err)
	}
	for _, tag := range tags {
		if tag[0] == name {
			values = append(values, strings.Join(tag[1:], " "))
		}
	}
	return values
}

// publication is a row of the archive.
type publication struct {
	Target   string
	Accepted bool
	Reason   *string
}

func (p *place) publications(kind int) []publication {
	return testkit.Rows[publication](p.t, p.dsn, "SELECT target, accepted, reason FROM publication WHERE kind = $1 ORDER BY target", kind)
}

func (p *place) untilPublished(kind, n int) {
	p.t.Helper()
	testkit.Until(p.t, "publications in the archive", func() bool { return len(p.publications(kind)) == n })
}

func TestARealRelayTakesServesAndReplacesWhatIsPublished(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	first := at(monitored, time.Hour)
	p.checked(first, `{"name":"first","supported_nips":[1,11]}`)
	p.publishes(r.url)
	p.untilPublished(kindDiscovery, 1)
	for _, kind := range []uint16{kindProfile, kindRelayList, kindMonitor, kindDiscovery} {
		testkit.Until(t, "each kind", func() bool { return len(r.of(t, kind, "")) == 1 })
		e := r.of(t, kind, "")[0]
		if err := checkEvent(&e); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
	got := r.of(t, kindDiscovery, monitoredD)
	if len(got) != 1 || got[0].CreatedAt != first.CheckedAt.Unix() || !strings.Contains(string(got[0].Content), "first") {
		t.Fatalf("#d got %d events, want the one of the check", len(got))
	}
	p.checked(at(monitored, 0), `{"name":"second","supported_nips":[1]}`)
	testkit.Until(t, "the second event", func() bool { return r.offered() == 5 })
	testkit.Until(t, "the first one replaced", func() bool {
		got := r.of(t, kindDiscovery, "")
		return len(got) == 1 && strings.Contains(string(got[0].Content), "second")
	})
	if reached := r.of(t, 22242, ""); len(reached) > 0 {
		t.Errorf("got %d events of kind 22242 on a relay, want none", len(reached))
	}
}

func TestTheAnnouncementIsTheRunningConfiguration(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	p.cfg.Heartbeat = 5 * time.Hour
	p.publishes(r.url)
	testkit.Until(t, "the announcement", func() bool { return len(r.of(t, kindMonitor, "")) == 1 && len(r.of(t, kindRelayList, "")) == 1 })
	e := r.of(t, kindMonitor, "")[0]
	for name, want := range map[string][]string{
		"frequency": {"18000"}, "c": {"open", "read", "write", "nip11", "ssl"}, "n": {"clearnet", "tor"}, "g": {"u", "u3", "u33"},
		"timeout": {"open 10000", "read 10000", "write 12000", "nip11 10000", "ssl 10000"},
	} {
		if got := tagsOf(t, e, name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := tagsOf(t, r.of(t, kindRelayList, "")[0], "r"); !slices.Equal(got, []string{r.url + "/"}) {
		t.Errorf("relay list: got %q, want the publish relay", got)
	}
}

func TestRelaysThatAreLookedAtSeldomAreAnnouncedSo(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]string{time.Hour: "21600", 12 * time.Hour: "43200"} {
		p := Publisher{cfg: Config{Heartbeat: 6 * time.Hour}, self: Self{Interval: interval}}
		if got := p.monitorTags()[0]; !slices.Equal(got, []string{"frequency", want}) {
			t.Errorf("a round every %s: got %q, want a frequency of %s", interval, got, want)
		}
	}
}

func TestNothingIsPublishedAboutARelayThatDidNotAnswer(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	for i, change := range []func(*feed.Check){
		func(c *feed.Check) { c.State = "down" }, func(c *feed.Check) { c.State = "dead" }, func(c *feed.Check) { c.State = "blocked" },
		func(c *feed.Check) { c.Failures = 1 }, // it still counts as up
		func(c *feed.Check) { c.Results["open"] = feed.Result{Reason: "timeout"} },
		func(c *feed.Check) { c.Vantage = "elsewhere" },
		func(c *feed.Check) { c.CheckedAt = c.CheckedAt.Add(-7 * time.Hour) }, // older than the heartbeat
	} {
		c := at(relay.URL("wss://no"+string(rune('a'+i))+".example.com"), time.Minute)
		change(&c)
		p.checked(c, "")
	}
	overtaken, last := at("wss://overtaken.example.com", time.Hour), at("wss://overtaken.example.com", time.Minute)
	last.State, last.Failures = "down", 3
	p.checked(last, "")
	p.tell(overtaken) // comes late
	signsIn := at("wss://last.example.com", time.Minute)
	signsIn.State = "authonly"
	p.checked(signsIn, "")
	p.publishes(r.url)
	p.untilPublished(kindDiscovery, 1)
	got := r.of(t, kindDiscovery, "")
	if len(got) != 1 || !slices.Contains(tagsOf(t, got[0], "R"), "auth") || tagsOf(t, got[0], "d")[0] != "wss://last.example.com/" {
		t.Errorf("got %d events, want that of the relay that answered alone", len(got))
	}
}

func TestUnchangedResultsWaitForTheHeartbeat(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	p.publishes(r.url)
	p.untilPublished(kindMonitor, 1)
	before := r.offered()
	p.checked(at(monitored, 3*time.Hour), "")
	p.untilPublished(kindDiscovery, 1)
	slower := at(monitored, 2*time.Hour)
	slower.Results["open"] = feed.Result{OK: true, RTT: time.Second}
	p.checked(slower, "")
	other := at("wss://b.example.com", time.Hour) // the stream is read in order: when this one is out, the one before was judged
	p.checked(other, "")
	p.untilPublished(kindDiscovery, 2)
	if got := r.offered() - before; got != 2 {
		t.Errorf("got %d events, want one about each relay", got)
	}
	testkit.Exec(t, p.dsn, "UPDATE publication SET published_at = published_at - 7 * 3600 WHERE kind = 30166")
	p.checked(at(monitored, time.Minute), "")
	testkit.Until(t, "the heartbeat", func() bool { return r.offered()-before == 3 })
	testkit.Until(t, "its record", func() bool {
		return testkit.Number(t, p.dsn, "SELECT count(*) FROM publication WHERE kind = 30166 AND published_at > extract(epoch FROM now()) - 3600") == 1
	})
	testkit.Exec(t, p.dsn, "DELETE FROM publication")
	p.checked(at(monitored, 0), "")
	testkit.Until(t, "what was lost, again", func() bool { return r.offered()-before == 4 })
}

func TestARelayThatRefusesOrIsAwayHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p, good := newPlace(t), newPublishRelay(t)
	refusing := newPublishRelay(t, func(context.Context, *nostr.Event) (bool, string) { return true, "blocked: not you" })
	away := simrelay.New("away", simrelay.Manners{}, nil)
	if err := away.Start(); err != nil { // to have a port
		t.Fatal(err)
	}
	away.Stop()
	p.checked(at(monitored, time.Minute), "")
	p.publishes(away.URL(), refusing.url, good.url)
	p.untilPublished(kindDiscovery, 2)
	for _, row := range p.publications(kindDiscovery) {
		taken := row.Target == good.url
		if row.Accepted != taken || !taken && (row.Reason == nil || *row.Reason != "blocked") {
			t.Errorf("got %+v, want one taken and one blocked", row)
		}
	}
	if got := refusing.of(t, kindDiscovery, ""); len(got) != 0 {
		t.Error("the refusing relay kept the event: the test proves nothing")
	}
	if err := away.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(away.Stop)
	p.untilPublished(kindDiscovery, 3)
	testkit.Until(t, "the announcement", func() bool { return len(p.publications(kindMonitor)) == 3 })
}

func TestAFastRelayIsAskedSlowlyWhenItSaysSo(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	refusals := 0
	r := newPublishRelay(t, func(_ context.Context, e *nostr.Event) (bool, string) {
		if e.Kind != kindDiscovery || refusals == 3 {
			return false, ""
		}
		refusals++
		return true, "rate-limited: slow down"
	})
	p.checked(at(monitored, time.Minute), "")
	p.publishes(r.url)
	p.untilPublished(kindDiscovery, 1)
	if rows := p.publications(kindDiscovery); !rows[0].Accepted || refusals != 3 {
		t.Errorf("got %+v after %d refusals, want the event taken in the end", rows, refusals)
	}
}

// demands refuses whoever has not logged in.
func demands(ctx context.Context, _ *nostr.Event) (bool, string) {
	if khatru.GetAuthed(ctx) == "" {
		khatru.RequestAuth(ctx)
		return true, "auth-required: who are you"
	}
	return false, ""
}

func TestLoggingInNeedsTheOperatorsLeave(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		p, r := newPlace(t), newPublishRelay(t, demands)
		p.cfg.Auth = allowed
		p.checked(at(monitored, time.Minute), "")
		p.publishes(r.url)
		p.untilPublished(kindDiscovery, 1)
		row := p.publications(kindDiscovery)[0]
		if row.Accepted != allowed || !allowed && *row.Reason != "auth_required" {
			t.Errorf("allowed %v: got %+v", allowed, row)
		}
		if got := len(r.of(t, kindDiscovery, monitoredD)); (got == 1) != allowed {
			t.Errorf("allowed %v: the relay has %d events", allowed, got)
		}
	}
}

func TestAnotherKeyPublishesEverythingAnew(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	p.checked(at(monitored, time.Minute), "")
	stop := p.publishes(r.url)
	p.untilPublished(kindDiscovery, 1)
	stop()
	p.self.PrivateKey = otherSecret
	p.publishes(r.url)
	p.untilPublished(kindDiscovery, 2)
	if got := r.of(t, kindDiscovery, monitoredD); len(got) != 2 || got[0].PubKey == got[1].PubKey {
		t.Errorf("got %d events, want one of each key", len(got))
	}
}

func TestWithoutAKeyNothingIsPublished(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	p.checked(at(monitored, time.Minute), "")
	p.self.PrivateKey = noSecret
	stop := p.publishes(r.url)
	p.self.PrivateKey = otherSecret
	p.publishes() // no publish relay
	time.Sleep(300 * time.Millisecond)
	stop()
	if got := r.offered(); got != 0 {
		t.Errorf("got %d events, want none", got)
	}
}

func TestACrashBeforeTheRecordPublishesTheSameEventAgain(t *testing.T) {
	t.Parallel()
	p, r := newPlace(t), newPublishRelay(t)
	p.bus = testkit.FullNATS(t) // INGEST takes nothing
	c := at(monitored, time.Minute)
	p.checked(c, "")
	p.publishes(r.url)
	testkit.Until(t, "the event offered twice", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		seen := map[string]int{}
		for _, id := range r.sent {
			seen[id]++
		}
		id := discovery(Report{Check: c}, everything).sign(mustKey(t, secret)).ID.String()
		return seen[id] >= 2
	})
	if got := r.of(t, kindDiscovery, monitoredD); len(got) != 1 {
		t.Errorf("got %d events on the relay, want one", len(got))
	}
	if n := len(p.publications(kindDiscovery)); n != 0 {
		t.Errorf("got %d records, want none: the test proves nothing", n)
	}
}
