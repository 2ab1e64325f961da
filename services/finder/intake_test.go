package finder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

func TestEveryInjectionFormBecomesCandidateAndTask(t *testing.T) {
	w := newWorld(t, roomy)
	w.intakeAndWriter()
	forms := map[string]struct{ body, want string }{
		"one URL":        {"wss://one.form.com", "wss://one.form.com"},
		"trailing slash": {"wss://slash.form.com/\n", "wss://slash.form.com"},
		"bare host":      {"bare.form.com", "wss://bare.form.com"},
		"http scheme":    {"https://http.form.com", "wss://http.form.com"},
		"lines":          {"\ufeff# list\r\n\r\nwss://l1.form.com\r\nWSS://L2.form.com:443/ # second\r\n", "wss://l1.form.com wss://l2.form.com"},
		"JSON string":    {`"wss://string.form.com"`, "wss://string.form.com"},
		"JSON array":     {`["wss://a1.form.com", {"url":"wss://a2.form.com"}]`, "wss://a1.form.com wss://a2.form.com"},
		"object":         {`{"url":"ws://object.form.com"}`, "ws://object.form.com"},
		"kind 10002":     {`{"kind":10002,"content":"","tags":[["r","wss://r1.form.com"],["r","wss://r2.form.com","read"]]}`, "wss://r1.form.com wss://r2.form.com"},
		"kind 3":         {`{"kind":3,"content":"{\"wss://contacts.form.com\":{\"read\":true}}","tags":[]}`, "wss://contacts.form.com"},
		"kind 2":         {`{"kind":2,"content":"wss://two.form.com","tags":[]}`, "wss://two.form.com"},
		"kind 30166":     {`{"kind":30166,"content":"","tags":[["d","wss://d.form.com/"]]}`, "wss://d.form.com"},
		"kind 10050":     {`{"kind":10050,"content":"","tags":[["relay","wss://inbox.form.com"]]}`, "wss://inbox.form.com"},
		"overlay":        {strings.Repeat("a", 56) + ".onion", "ws://" + strings.Repeat("a", 56) + ".onion"},
	}
	for _, form := range forms {
		w.inject(subject.Found, form.body)
	}
	w.settled()
	tasks := w.tasks()
	for name, form := range forms {
		for _, url := range strings.Fields(form.want) {
			if _, is := w.known(url)[url]; !is {
				t.Errorf("%s: %s is no candidate", name, url)
			}
			if _, is := tasks[subject.Token(url)]; !is {
				t.Errorf("%s: %s has no task", name, url)
			}
		}
	}
	if got := w.messages(subject.StreamDead); got != 0 {
		t.Errorf("DEAD got %d messages, want none", got)
	}
}

func TestDirtyURLsCostABoundedNumberOfLookUps(t *testing.T) {
	w := newWorld(t, roomy)
	w.intakeAndWriter()
	var body strings.Builder
	for i := range 2000 {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&body, "wss://relay%d.dirty%d.com/\r\n", i, i)
		case 1:
			fmt.Fprintf(&body, "wss://127.1.%d/\n", i)
		case 2:
			fmt.Fprintf(&body, "wss://RELAY%d.dirty%d.com:443//?a=b#c\n", i-2, i-2) // the one before the last again
		case 3:
			fmt.Fprintf(&body, "ftp://\x1b[31m%d\n", i)
		}
	}
	before := testutil.ToFloat64(lookups)
	w.inject(subject.Found, body.String())
	w.settled()
	if got := testutil.ToFloat64(lookups) - before; got < 1 || got > 2 {
		t.Errorf("2,000 dirty URLs got %v look-ups, want 1 or 2", got)
	}
	if got := len(w.tasks()); got != 500 {
		t.Errorf("got %d tasks, want the 500 good URLs", got)
	}
	if got := w.messages(subject.StreamDead); got != maxDead+1 {
		t.Errorf("DEAD got %d messages, want %d and one with the count", got, maxDead)
	}
}

func TestKnownURLIsNotValidatedAgain(t *testing.T) {
	w := newWorld(t, roomy)
	now := time.Now()
	candidate := func(url string, givenUp time.Duration) *ingest.Candidate {
		return &ingest.Candidate{Url: url, Network: subject.Clearnet, Source: "seed", FoundAt: now.Add(-90 * 24 * time.Hour).Unix(),
			Tries: 12, TriedAt: now.Add(-givenUp).Unix(), Reason: "timeout", GivenUp: givenUp > 0}
	}
	w.archive(&ingest.Batch{
		Candidates: []*ingest.Candidate{
			candidate("wss://long-ago.com", 31*24*time.Hour), candidate("wss://lately.com", 29*24*time.Hour), candidate("wss://open.com", 0),
		},
		Relays: []*ingest.Relay{{Url: "wss://relay.com", Network: subject.Clearnet, AcceptedAt: now.Unix()}},
	})
	w.intakeAndWriter()
	w.inject(subject.Found, "wss://long-ago.com\nwss://lately.com\nwss://open.com\nwss://relay.com\nwss://fresh.com")
	w.settled()
	tasks := w.tasks()
	for url, want := range map[string]bool{
		"wss://long-ago.com": true, "wss://fresh.com": true, "wss://lately.com": false, "wss://open.com": false, "wss://relay.com": false,
	} {
		if _, is := tasks[subject.Token(url)]; is != want {
			t.Errorf("%s got a task %v, want %v", url, is, want)
		}
	}
	if row := w.known("wss://long-ago.com")["wss://long-ago.com"]; row.Tries != 0 || !row.GivenUpAt.IsZero() {
		t.Errorf("a second chance got %+v, want a fresh start", row)
	}
	report, found, err := w.store.RelayReport(t.Context(), "wss://open.com")
	if err != nil || !found || !strings.Contains(fmt.Sprintf("%+v", report), sourcePeople) {
		t.Errorf("the new source of a known URL was not noted: %+v, %v, %v", report, found, err)
	}
}

func TestCapsHoldAcrossRestarts(t *testing.T) {
	w := newWorld(t, Config{Sources: sourcesNone, MaxPerDomain: 5, MaxPerDay: 12})
	w.intakeAndWriter()
	flood := func(domain string, from int) string {
		var body strings.Builder
		for i := range 40 {
			fmt.Fprintf(&body, "wss://r%d.%s\n", from+i, domain)
		}
		return body.String()
	}
	w.inject(subject.FoundFrom("hint"), flood("poison.com", 0))
	w.settled()
	if got := len(w.tasks()); got != 5 {
		t.Fatalf("one domain got %d tasks, want 5", got)
	}
	again := &world{Finder: New(w.cfg, netconfMain, local, w.bus, w.store, w.log), t: t, store: w.store}
	ledger, err := loadLedger(t.Context(), again.bus, again.cfg, time.Now())
	if err != nil || ledger.Strangers != 5 {
		t.Fatalf("after a restart got %+v, %v, want 5 counted", ledger, err)
	}
	if err := again.intake(t.Context(), []*bus.Delivery{{Subject: subject.FoundFrom("hint"), Body: []byte(flood("poison.com", 100)), PublishedAt: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		w.inject(subject.FoundFrom("nip65"), flood(fmt.Sprintf("other%d.com", i), 0))
	}
	w.settled()
	if got := len(w.tasks()); got != 12 {
		t.Errorf("strangers got %d tasks in a day, want 12", got)
	}
	if got := w.messages(subject.StreamDead); got != 0 {
		t.Errorf("capped strangers left %d dead letters, want none", got)
	}
	w.inject(subject.Found, flood("people.com", 0))
	w.settled()
	if got := len(w.tasks()); got != 24 {
		t.Errorf("with people's own allowance got %d tasks, want 24", got)
	}
	if got := w.messages(subject.StreamDead); got != 28 {
		t.Errorf("people got %d dead letters, want 28", got)
	}
}

func TestAddAnswersWhatBecameOfEachLine(t *testing.T) {
	w := newWorld(t, roomy)
	w.intakeAndWriter()
	w.run(func(ctx context.Context) error { return w.bus.Serve(ctx, subject.RelayAdd, w.add) })
	ask := func(body string) []answer {
		t.Helper()
		var reply []byte
		w.until("the service answers", func() bool {
			got, err := w.bus.Request(t.Context(), subject.RelayAdd, []byte(body))
			reply = got
			return err == nil
		})
		var answers []answer
		for line := range strings.Lines(string(reply)) {
			var a answer
			if err := json.Unmarshal([]byte(line), &a); err != nil {
				t.Fatalf("answer %q: %v", line, err)
			}
			answers = append(answers, a)
		}
		return answers
	}
	if got := ask("wss://added.com/"); len(got) != 1 || got[0] != (answer{URL: "wss://added.com", Verdict: accepted}) {
		t.Errorf("a new URL got %+v, want accepted", got)
	}
	if _, is := w.tasks()[subject.Token("wss://added.com")]; !is {
		t.Error("an accepted URL has no task when the answer is there")
	}
	got := ask("wss://added.com\nwss://10.0.0.1\nwss://denied.optout.com\nwss://later.optout.com\nwss://second.com\nwss://second.com")
	want := []answer{
		{URL: "wss://added.com", Verdict: known},
		{Line: "wss://10.0.0.1", Verdict: refused, Reason: "url_local"},
		{Line: "wss://denied.optout.com", URL: "wss://denied.optout.com", Verdict: refused, Reason: reasonDenied},
		{Line: "wss://later.optout.com", URL: "wss://later.optout.com", Verdict: refused, Reason: reasonOptedOut},
		{URL: "wss://second.com", Verdict: accepted},
		{URL: "wss://second.com", Verdict: accepted},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := w.bus.Request(t.Context(), subject.RelayAdd, []byte(strings.Repeat("wss://x.com\n", maxAddURLs+1))); err == nil || !strings.Contains(err.Error(), "at most 200") {
		t.Errorf("too many lines got error %v, want one that says how many", err)
	}
}

func TestNoTaskWithoutItsCandidate(t *testing.T) {
	w := newFullWorld(t, roomy)
	d := &bus.Delivery{Subject: subject.Found, Body: []byte("wss://one.com"), PublishedAt: time.Now()}
	var partial *bus.Partial
	if err := w.intake(t.Context(), []*bus.Delivery{d}); !errors.As(err, &partial) || !errors.Is(partial.Errors[d], bus.ErrFull) {
		t.Fatalf("with INGEST full the intake got %v, want its message given back", err)
	}
	if got := len(w.tasks()); got != 0 {
		t.Errorf("got %d tasks for a URL that is no candidate, want none", got)
	}
	if err := w.intake(t.Context(), []*bus.Delivery{d}); err == nil {
		t.Error("the URL was taken for known although nobody has it")
	}
}
