package finder

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// archived publishes events as the writer does after its commit.
func (w *world) archived(events ...event.Event) {
	w.t.Helper()
	var messages []bus.Message
	for _, e := range events {
		messages = append(messages, bus.Message{Subject: subject.Event(e.Kind, e.PubKey), Body: e.AppendJSON(nil)})
	}
	if err := w.bus.PublishAll(w.t.Context(), messages); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) scanned() {
	w.t.Helper()
	w.until("every event was read", func() bool {
		consumers, err := w.bus.Consumers(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, c := range consumers {
			if c.Name == subject.ConsumerScanner {
				return c.Pending == 0 && c.AckPending == 0
			}
		}
		return false
	})
}

func TestStoredEventsNameRelaysUnderTheirSource(t *testing.T) {
	w := newWorld(t, roomy)
	key, now := event.GenerateKey(), time.Now().Unix()
	events := map[string]event.Event{
		sourceNIP65:    key.Sign(now, 10002, [][]string{{"r", "wss://nip65.event.com"}}, ""),
		sourceContacts: key.Sign(now, 3, nil, `{"wss://contacts.event.com":{}}`),
		sourceKind2:    key.Sign(now, 2, nil, "wss://kind2.event.com"),
		sourceNIP66:    key.Sign(now, 30166, [][]string{{"d", "wss://nip66.event.com/"}}, ""),
		sourceList:     key.Sign(now, 10050, [][]string{{"relay", "wss://list.event.com"}}, ""),
		sourceHint:     key.Sign(now, 1, [][]string{{"e", fmt.Sprintf("%064d", 1), "wss://hint.event.com"}, {"p", "x", "wss://no relay"}}, "hi"),
	}
	for _, e := range events {
		w.archived(e)
	}
	second := event.GenerateKey().Sign(now, 30166, [][]string{{"d", "wss://nip66.event.com"}}, "")
	w.stored(events[sourceNIP66], second)
	w.intakeAndWriter()
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scanner.scan)
	})
	w.scanned()
	w.settled()
	for source := range events {
		url := "wss://" + source + ".event.com"
		report, found, err := w.store.RelayReport(t.Context(), url)
		if err != nil || !found || len(report.Sources) != 1 || report.Sources[0].Name != source {
			t.Errorf("%s got %+v, %v, %v, want it found by %s", url, report.Sources, found, err, source)
		}
	}
}

// hosts is a name server that knows one address.
type hosts netip.Addr

func (h hosts) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.Addr(h)}, nil
}

// TestEverySourceLeadsToACandidate feeds each source that there is through what runs in production: archived events through
// EVENTS, lists through HTTP, profiles through the nostr.json of their domain over verified TLS; and looks for the candidate.
func TestEverySourceLeadsToACandidate(t *testing.T) {
	authority, err := simrelay.NewAuthority("Test Authority")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue(time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "people.event.com")
	if err != nil {
		t.Fatal(err)
	}
	domain := httptest.NewUnstartedServer(text(`{"names":{"bob":"ab"},"relays":{"ab":["wss://domain.event.com"],"cd":"none"}}`))
	domain.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	domain.StartTLS()
	t.Cleanup(domain.Close)

	w := newWorld(t, roomy)
	options := local
	options.RootCAs, options.Resolver = authority.Pool(), hosts(netip.MustParseAddr("127.0.0.1"))
	f := New(roomy, netconfMain, options, w.bus, w.store, w.log)
	f.domains.port = ":" + domain.URL[strings.LastIndexByte(domain.URL, ':')+1:]

	key, now := event.GenerateKey(), time.Now().Unix()
	want := map[string]string{"wss://domain.event.com": sourceNIP05, "wss://r.x.com": sourceHint, "wss://djbas.sadkb.com": sourceHint}
	events := []event.Event{
		key.Sign(now, 0, nil, `{"name":"Bob","nip05":"bob@people.event.com"}`),
		key.Sign(now, 1, nil, "of NIP-19: nostr:nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p"),
	}
	add := func(name, source string, kind uint16, content string, tags ...[]string) {
		want["wss://"+name+".event.com"] = source
		events = append(events, key.Sign(now, kind, tags, content))
	}
	add("k10002", sourceNIP65, 10002, "", []string{"r", "k10002.event.com", "read"})
	add("k3", sourceContacts, 3, `{"wss://k3.event.com":{"read":true}}`)
	add("k2", sourceKind2, 2, "wss://k2.event.com")
	for _, kind := range []uint16{10006, 10007, 10012, 10050, 10051, 10086, 10087, 10088, 10089, 10102, 30002} {
		name := fmt.Sprint("k", kind)
		add(name, sourceList, kind, "", []string{"d", "mine"}, []string{"relay", name + ".event.com/"})
	}
	add("k10009", sourceList, 10009, "", []string{"group", "abc", "wss://k10009.event.com"}, []string{"r", "wss://k10009.event.com"})
	add("tag", sourceHint, 1, "", []string{"e", strings.Repeat("ab", 32), "wss://tag.event.com"})
	add("set", sourceHint, 39000, "", []string{"relays", "a", "wss://set.event.com"})
	add("k30166", sourceNIP66, 30166, "", []string{"d", "wss://k30166.event.com/"})
	second := event.GenerateKey().Sign(now, 30166, [][]string{{"d", "wss://k30166.event.com"}, {"n", "clearnet"}}, "")
	alone := event.GenerateKey().Sign(now, 30166, [][]string{{"d", "wss://alone.event.com"}}, "")
	announced := event.GenerateKey().Sign(now, 10166, [][]string{{"frequency", "3600"}, {"r", "wss://announced.event.com"}}, "")
	events = append(events, second, alone, announced)
	w.stored(events...)
	w.archived(events...)

	for name, l := range map[string]struct{ expression, body string }{
		"array":   {"[*]", `["wss://array.event.com"]`},
		"objects": {"[*].url", `[{"url":"wss://objects.event.com","up":true}]`},
		"keys":    {"keys(relays)", `{"relays":{"wss://keys.event.com":{"read":true}}}`},
		"chosen":  {"data[?online].url", `{"data":[{"url":"wss://chosen.event.com","online":true},{"url":"wss://off.event.com","online":false}]}`},
		"plain":   {"lines", "# ours\r\nplain.event.com\r\n"},
	} {
		want["wss://"+name+".event.com"] = sourceList
		one := listWith(t, l.expression)
		one.URL = newServer(t, text(l.body)).URL + "/" + name
		f.visitList(t.Context(), one)
	}
	w.run(w.write)
	w.run(f.Run)
	w.until("the nostr.json of the domain", func() bool { return len(w.known("wss://domain.event.com")) == 1 })
	w.scanned()
	w.settled()
	for url, source := range want {
		report, found, err := w.store.RelayReport(t.Context(), url)
		if err != nil || !found || len(report.Sources) != 1 || report.Sources[0].Name != source {
			t.Errorf("%s got %+v, %v, %v, want it found by %s", url, report.Sources, found, err, source)
		}
	}
	if got := w.known("wss://alone.event.com", "wss://announced.event.com", "wss://off.event.com"); len(got) != 0 {
		t.Errorf("got %v, want nothing of one monitor alone, nor what a list leaves out", got)
	}
}

func TestHintOfManyEventsGoesOutOnce(t *testing.T) {
	w := newWorld(t, roomy)
	key := event.GenerateKey()
	var events []event.Event
	for i := range 1000 {
		events = append(events, key.Sign(int64(i+1), 1, [][]string{{"e", "x", "wss://popular.com"}}, ""))
	}
	w.archived(events...)
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scanner.scan)
	})
	w.scanned()
	if got := w.messages(subject.StreamFound); got != 1 {
		t.Errorf("1,000 events with one hint got %d messages on FOUND, want 1", got)
	}
}

func TestUnreadableEventDoesNotStopTheScan(t *testing.T) {
	w := newWorld(t, roomy)
	good := event.GenerateKey().Sign(1, 2, nil, "wss://after.event.com")
	w.inject("brotr.event.1.00.x", "not an event")
	w.archived(good)
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scanner.scan)
	})
	w.scanned()
	if got := w.messages(subject.StreamFound); got != 1 {
		t.Errorf("got %d messages on FOUND, want the relay of the event after the bad one", got)
	}
}

// stored puts events into the archive, where they are before they are on EVENTS.
func (w *world) stored(events ...event.Event) {
	w.t.Helper()
	page := &ingest.Page{PageId: make([]byte, 16), Parts: 1, Relay: "wss://source.event.com", Vantage: "main", Filter: "{}", Since: 1, SeenAt: time.Now().Unix()}
	for _, e := range events {
		page.Events = append(page.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	w.archive(&ingest.Batch{Version: 1, Pages: []*ingest.Page{page}})
}

func TestOneMonitorIsNotEnough(t *testing.T) {
	w := newWorld(t, roomy)
	one, two, now := event.GenerateKey(), event.GenerateKey(), time.Now().Unix()
	watch := func(key event.Key, at int64) event.Event {
		return key.Sign(at, 30166, [][]string{{"d", "wss://watched.event.com/"}}, "")
	}
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scanner.scan)
	})
	for _, step := range []struct {
		what  string
		event event.Event
		want  int
	}{
		{"one monitor", watch(one, now-60), 0}, {"the same one again", watch(one, now-30), 0},
		{"another one a month ago", watch(two, now-30*86400), 0}, {"another one now", watch(two, now), 1}, {"once more", watch(one, now), 1},
	} {
		w.stored(step.event)
		w.archived(step.event)
		w.scanned()
		if got := w.messages(subject.StreamFound); got != step.want {
			t.Fatalf("%s: got %d messages on FOUND, want %d", step.what, got, step.want)
		}
	}
}
