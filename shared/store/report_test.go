package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func foundAt(at int64, source string) *ingest.Candidate {
	return &ingest.Candidate{Url: relayA, Network: "clearnet", Source: source, FoundAt: at}
}

func tried(n uint32, at int64, givenUp bool) *ingest.Candidate {
	return &ingest.Candidate{Url: relayA, Network: "clearnet", Tries: n, TriedAt: at, Reason: "timeout", NextTryAt: at + 600, GivenUp: givenUp}
}

func TestCandidatesGetASecondChance(t *testing.T) {
	const day = 86400
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	known := func() store.Known {
		all, err := r.KnownURLs(t.Context(), []string{relayA, relayB})
		if err != nil || len(all) > 1 {
			t.Fatalf("KnownURLs: got %v, %v, want at most the candidate", all, err)
		}
		return all[relayA]
	}
	send := func(c *ingest.Candidate) { write(t, s, &ingest.Batch{Candidates: []*ingest.Candidate{c}}) }
	send(foundAt(noon, "seed"))
	send(tried(12, noon+day, true))
	send(tried(11, noon+day/2, false))
	if got := known(); got.Tries != 12 || got.GivenUpAt.Unix() != noon+day || got.Accepted {
		t.Errorf("after twelve tries: got %+v, want given up", got)
	}
	send(foundAt(noon+20*day, "list"))
	if got := known(); got.Tries != 12 || got.GivenUpAt.IsZero() {
		t.Errorf("found again after 19 days: got %+v, want still given up", got)
	}
	send(foundAt(noon+40*day, "list"))
	if got := known(); got.Tries != 0 || !got.GivenUpAt.IsZero() {
		t.Errorf("found again after 39 days: got %+v, want a new start", got)
	}
	send(tried(12, noon+day, true))
	if got := known(); got.Tries != 0 || !got.GivenUpAt.IsZero() {
		t.Errorf("after a redelivery of the old try: got %+v, want no change", got)
	}
	write(t, s, &ingest.Batch{Candidates: []*ingest.Candidate{foundAt(noon-day, "late"), tried(3, noon, true)}})
	if got := known(); got.Tries != 0 || !got.GivenUpAt.IsZero() {
		t.Errorf("after an earlier finding beside an old try: got %+v, want no change", got)
	}
	report, ok, err := r.RelayReport(t.Context(), relayA)
	if err != nil || !ok || len(report.Sources) != 3 || report.Token != "" || report.FoundAt.Unix() != noon-day {
		t.Errorf("RelayReport of a candidate: got %+v, %v, %v, want three sources and no token", report, ok, err)
	}
}

func TestDocumentsKeepTheirHistory(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	changes := 0
	for i, document := range []string{"a", "a", "b", "b", "a"} {
		w := write(t, s, &ingest.Batch{Checks: []*ingest.Check{checkOf(relayA, noon+int64(i), document)}})
		changes += len(w.Changed)
	}
	expect(t, "changes told", changes, 2)
	expect(t, "documents", number(t, conn, "SELECT count(*) FROM document"), 2)
	expect(t, "versions", number(t, conn, "SELECT count(*) FROM relay_document"), 3)
	expect(t, "sum of the spans of versions", number(t, conn, "SELECT sum(last_seen - first_seen) FROM relay_document"), 2)
	w := write(t, s, &ingest.Batch{Checks: []*ingest.Check{checkOf(relayA, noon+2, "b")}})
	expect(t, "changes told again after a redelivery", len(w.Changed), 1)
	expect(t, "versions after a redelivery", number(t, conn, "SELECT count(*) FROM relay_document"), 3)
}

func TestReadsOfTheWorkers(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	events := makeEvents(3)
	readable := checkOf(relayA, noon, "{}")
	readable.Results[1].Ok = true
	failing := checkOf(relayB, noon, "{}")
	failing.State, failing.Failures, failing.FailingSince = "down", 3, noon-7200
	batch := batchOf(pageOf(relayA, noon, events...))
	batch.Checks = []*ingest.Check{readable, failing}
	batch.Candidates = []*ingest.Candidate{foundAt(noon, "seed"),
		{Url: "wss://open.example.com", Source: "seed", FoundAt: noon}, {Url: "wss://gone.example.com", TriedAt: noon, GivenUp: true}}
	batch.Visits = []*ingest.Visit{{Relay: relayA, Job: "sync", StartedAt: noon, EndedAt: noon + 5, Outcome: "failed",
		Reason: "timeout", NextAt: noon + 900, Requests: 7, Bytes: 1 << 40, Rejected: map[string]uint64{"bad_json": 2}, LateEvents: 3, MissingEvents: 4, LiveEvents: 5}}
	batch.Manners = []*ingest.Manners{{Relay: relayA, Vantage: "main", ProbedAt: noon, Cap: 500, Order: "newest", UntilExclusive: true,
		Negentropy: true, Counts: true, Auth: "required", MaxSubscriptions: 20, MaxMessage: 1 << 16, PageLimit: 300}}
	write(t, s, batch)
	later := store.WriteOptions{Now: time.Unix(noon+100, 0)}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batchOf(lackingPage(relayA, noon+100, events[0]))}, later); err != nil {
		t.Fatal(err)
	}

	state, ok, err := r.State(t.Context(), relayB, "main")
	want := store.State{State: "down", Since: time.Unix(noon, 0).UTC(), Failures: 3,
		FailingSince: time.Unix(noon-7200, 0).UTC(), CheckedAt: time.Unix(noon, 0).UTC()}
	if err != nil || !ok || state != want {
		t.Errorf("State: got %+v, %v, %v, want %+v", state, ok, err, want)
	}
	if _, ok, err := r.State(t.Context(), relayB, "elsewhere"); ok || err != nil {
		t.Errorf("State from another vantage: got %v, %v, want none", ok, err)
	}
	m, err := r.Manners(t.Context(), relayA)
	if err != nil || m == nil || m.Cap != 500 || m.Order != "newest" || !m.UntilExclusive || m.SinceExclusive ||
		!m.Negentropy || m.Hints || !m.Counts || m.Hides || m.Auth != "required" || m.MaxSubscriptions != 20 || m.MaxMessage != 1<<16 || m.PageLimit != 300 {
		t.Errorf("Manners: got %v, %v, want those that were written", m, err)
	}
	if m, err := r.Manners(t.Context(), relayB); m != nil || err != nil {
		t.Errorf("Manners of a relay never probed: got %v, %v, want nil", m, err)
	}
	for job, want := range map[string]string{
		subject.JobValidate: "wss://open.example.com 0", subject.JobCheck: fmt.Sprint(relayA, " ", noon+3600, relayB, " ", noon+3600),
		subject.JobSync: fmt.Sprint(relayA, " ", noon+900),
	} {
		expect(t, "jobs of "+job, jobs(t, r, job), want)
	}
	report, ok, err := r.RelayReport(t.Context(), relayA)
	if err != nil || !ok {
		t.Fatalf("RelayReport: got %v, %v", ok, err)
	}
	expect(t, "report", fmt.Sprint(report.Token, report.Network, report.Sightings, report.SightingsExact, len(report.States),
		len(report.Results), report.Visits[0].Rejected, report.Visits[0].Bytes, report.Manners.Cap, len(report.Coverage["{}"])),
		fmt.Sprint("a_example_com", "clearnet", 3, true, 1, 3, map[string]int64{"bad_json": 2}, int64(1<<40), 500, 1))
	v, p := report.Visits[0], report.Manners
	expect(t, "rest of the report", fmt.Sprint(report.Missing, v.LateEvents, v.MissingEvents, v.LiveEvents, p.Negentropy, p.Hints,
		p.Counts, p.Hides, p.MaxSubscriptions, p.MaxMessage, p.Auth), fmt.Sprint(1, 3, 4, 5, true, false, true, false, 20, 1<<16, "required"))
	totals, err := r.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "totals", fmt.Sprint(totals.Relays, totals.Candidates, totals.GivenUp, totals.Events, totals.Sightings,
		totals.LastEventAt.Unix()), fmt.Sprint(map[string]map[string]int64{"clearnet": {"up": 1, "down": 1}}, 3, 1, 3, 3, noon))
}

// jobs returns the jobs as one line, sorted by URL.
func jobs(t *testing.T, r *store.Store, job string) (line string) {
	t.Helper()
	all := map[string]store.Job{}
	if err := r.Jobs(t.Context(), job, func(j store.Job) error { all[j.URL] = j; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{relayA, relayB, "wss://open.example.com", "wss://gone.example.com"} {
		if j, ok := all[url]; ok {
			line += fmt.Sprint(url, " ", max(0, j.NextAt.Unix()))
		}
	}
	stop := errors.New("enough")
	if err := r.Jobs(t.Context(), job, func(store.Job) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Jobs: got %v, want the error of yield", err)
	}
	return line
}

// TestStoreUsesNoSessionState runs everything as it must behind a transaction pooler: no statement outlives its
// transaction under a name.
func TestStoreUsesNoSessionState(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, err := store.Open(store.Config{URL: testkit.WriterURL(dsn), Service: "writer", MaxConns: 1, Pooled: true}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn := connect(t, dsn)
	exec(t, conn, `CREATE FUNCTION named() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF EXISTS (SELECT FROM pg_prepared_statements WHERE name <> '') OR current_setting('synchronous_commit') <> 'on'
		THEN RAISE EXCEPTION 'session state'; END IF; RETURN NULL; END $$;
		CREATE TRIGGER named AFTER INSERT ON quarantine EXECUTE FUNCTION named();
		ALTER DATABASE `+conn.Config().Database+` SET synchronous_commit = off`)
	for range 2 {
		batch := history()[2]
		batch.Relays = append(batch.Relays, &ingest.Relay{Url: "no relay"})
		if w := write(t, s, batch); w.Quarantined != 2 {
			t.Errorf("quarantined: got %d, want 2, or the trigger did not run", w.Quarantined)
		}
	}
	expect(t, "application name", number(t, conn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bigbrotr-writer' AND datname = current_database()"), 1)
}
