package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// hostile is what a relay may say: colours, a line that runs backwards, an invisible space, a pile of poo.
const hostile = "\x1b[31mred \u202eback \u200b\U0001f4a9 \u00fc\n"

func TestRelayReportKeepsItsForm(t *testing.T) {
	var out bytes.Buffer
	if err := (&env{stdout: &out}).writeJSON(view.RelayOf(sample())); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/relay.json", out.String())
	if strings.ContainsFunc(out.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
		t.Errorf("got bytes that a terminal may obey in %q", out.String())
	}
	var back view.Relay
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Checks[0].Text != hostile {
		t.Errorf("got %q (%v) back, want the relay's own words", back.Checks[0].Text, err)
	}
}

func TestRelayReportForPeople(t *testing.T) {
	var out bytes.Buffer
	if err := columns(&out, relayLines(sample())...); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/relay.txt", out.String())
	if strings.ContainsAny(out.String(), "\x1b\u202e\u200b") {
		t.Errorf("got the relay's own bytes in %q", out.String())
	}
}

func TestStatusKeepsItsForm(t *testing.T) {
	status := standalone.Status{
		At: noon, Verdict: standalone.Warning, Problems: []string{"1 messages were given up: bigbrotr dead ls"},
		Archive: standalone.Archive{Relays: map[string]map[string]int64{"clearnet": {"up": 2, "down": 1}}, Candidates: 5, GivenUp: 1,
			Events: 7, EventsExact: true, Sightings: 9, LastEventAt: &noon},
		Streams:   []bus.StreamStatus{{Name: "INGEST", Messages: 3, Bytes: 900, MaxBytes: 1000, FirstSeq: 4, LastSeq: 6, Oldest: noon}},
		Consumers: []bus.ConsumerStatus{{Name: "writer", Stream: "INGEST", Pending: 3, AckPending: 1, Waiting: 1}},
		Stages:    []standalone.Stage{{Name: "INGEST", Messages: 3, OldestAgeSeconds: 12.5, PerSecond: 1.5}},
		Dead:      1,
		Upkeep:    []standalone.Upkeep{{Job: "counters", SucceededAt: &noon, TookMillis: 12, Rows: 3}},
	}
	for _, form := range []string{"json", "table"} {
		var out bytes.Buffer
		if err := (&statusVerb{Output: form}).print(&env{stdout: &out}, status); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, "testdata/status."+form, out.String())
	}
}

func TestLetterKeepsItsForm(t *testing.T) {
	var out bytes.Buffer
	l := letterOf(bus.Dead{Seq: 3, At: noon, Stage: "writer", Reason: "bad", Source: "brotr.ingest.pages", Body: []byte("\x00\xff")})
	if err := (&env{stdout: &out}).writeJSON(l); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/letter.json", out.String())
}

func sample() store.RelayReport {
	return store.RelayReport{
		URL: "wss://relay.example.com", Network: "clearnet", Token: "relay_example_com", AcceptedAt: noon, FoundAt: noon,
		Sources: []store.Source{{Name: "seed", FoundAt: noon}},
		Aliases: []store.Alias{{URL: "ws://relay.example.com", Evidence: "events", Detail: "500 of 500"}, {URL: "ws://relay.example.com", Evidence: "host", Detail: "relay.example.com"}},
		States:  []store.VantageState{{Vantage: "main", State: store.State{State: "up", Since: noon, CheckedAt: noon}, NextCheckAt: noon.Add(time.Hour)}},
		Results: []store.Result{{Vantage: "main", CheckedAt: noon, Check: "read", Reason: "notice", Text: hostile},
			{Vantage: "main", CheckedAt: noon, Check: "open", OK: true, RTT: 42 * time.Millisecond}},
		Visits: []store.Visit{{Job: "sync", Vantage: "main", Outcome: "failed", Reason: "timeout", StartedAt: noon,
			EndedAt: noon.Add(time.Minute), NextAt: noon.Add(time.Hour), Requests: 3, Pages: 2, NewEvents: 10, KnownEvents: 4,
			Bytes: 999, Rejected: map[string]int64{"id_mismatch": 1}, LateEvents: 2, MissingEvents: 3, LiveEvents: 5}},
		Rejects: []store.Reject{{Reason: "id_mismatch", Class: "forged", Events: 7}},
		Manners: &store.Manners{Vantage: "main", ProbedAt: noon, Cap: 500, Order: "newest", UntilExclusive: true, Negentropy: true,
			Hints: true, Counts: true, Hides: true, Auth: "required", MaxSubscriptions: 20, MaxMessage: 65536},
		Coverage:  map[string][]store.Interval{"{}": {{Since: 0, Until: 1767268800}}},
		Truncated: map[string][]store.Interval{"{}": {{Since: 5, Until: 5}}},
		Sightings: 14, Missing: 3, SightingsExact: true,
	}
}

func TestOptOutChangesKeepTheirForm(t *testing.T) {
	for form, want := range map[string]string{
		"table": "added\texample.org\n", "json": `{"pattern":"example.org","verdict":"added"}` + "\n",
	} {
		var out bytes.Buffer
		if err := (optChange{"example.org", "added"}).print(&env{stdout: &out}, form); err != nil || out.String() != want {
			t.Errorf("%s got %q, %v, want %q", form, out.String(), err, want)
		}
	}
}

func TestStatesAreToldInWords(t *testing.T) {
	state := func(name string, failures int) store.RelayReport {
		s := store.State{State: name, Since: noon, Failures: failures, FailingSince: noon.Add(time.Hour), CheckedAt: noon}
		return store.RelayReport{States: []store.VantageState{{Vantage: "main", State: s}}}
	}
	for want, report := range map[string]store.RelayReport{
		"state from main\tblocked us since 2026-01-01T12:00:00Z; next check never":                                        state("blocked", 0),
		"state from main\tup since 2026-01-01T12:00:00Z; failing since 2026-01-01T13:00:00Z (2 rounds); next check never": state("up", 2),
		"state\tnever checked": {},
	} {
		if got := stateLines(report); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
