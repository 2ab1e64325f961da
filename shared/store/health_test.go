package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// roundAt is a round so many minutes after noon: "up", "blocked", "authonly", "down" and "dead" as they are, "up!" a
// failure that the state outlasts, "degraded" one of our own. The next one is due an hour later.
func roundAt(minute int64, saw string) *ingest.Check {
	at := noon + 60*minute
	c := &ingest.Check{Relay: relayA, Vantage: "main", CheckedAt: at, State: saw, StateSince: at, NextCheckAt: at + 3600}
	switch saw {
	case "degraded":
		c.State, c.Degraded = "", true
	case "up!":
		c.State, c.Failures, c.FailingSince, c.Reason = "up", 1, at, "refused"
	case "down", "dead":
		c.Failures, c.FailingSince, c.Reason = 3, at, "refused"
	}
	return c
}

func checksOf(checks ...*ingest.Check) *ingest.Batch {
	return &ingest.Batch{Version: 1, Checks: checks}
}

func TestUptimeIsTheShareOfTheKnownTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rounds    []*ingest.Check
		now       int64 // minutes after noon
		up, known int64 // minutes of the last day
	}{
		"nothing":            {nil, 60, 0, 0},
		"up":                 {[]*ingest.Check{roundAt(0, "up")}, 30, 30, 30},
		"up, then nobody":    {[]*ingest.Check{roundAt(0, "up")}, 600, 120, 120},
		"three rounds":       {[]*ingest.Check{roundAt(0, "up"), roundAt(60, "up"), roundAt(120, "up")}, 150, 150, 150},
		"a gap of our own":   {[]*ingest.Check{roundAt(0, "up"), roundAt(300, "up")}, 360, 180, 180},
		"a failure":          {[]*ingest.Check{roundAt(0, "up"), roundAt(60, "up!"), roundAt(72, "up")}, 132, 120, 132},
		"an outage":          {[]*ingest.Check{roundAt(0, "up"), roundAt(60, "up!"), roundAt(96, "down"), roundAt(150, "up")}, 180, 90, 180},
		"only a login":       {[]*ingest.Check{roundAt(0, "authonly")}, 60, 60, 60},
		"turned away":        {[]*ingest.Check{roundAt(0, "up"), roundAt(60, "blocked"), roundAt(120, "up")}, 180, 120, 120},
		"our own fault":      {[]*ingest.Check{roundAt(0, "up"), roundAt(60, "degraded"), roundAt(120, "up")}, 180, 120, 120},
		"our own fault only": {[]*ingest.Check{roundAt(0, "degraded")}, 60, 0, 0},
		"dead":               {[]*ingest.Check{roundAt(0, "dead")}, 60, 0, 60},
		"more than a day":    {[]*ingest.Check{roundAt(-24*60, "up"), roundAt(-23*60, "down"), roundAt(-22*60, "down")}, 30, 30, 210},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.Store(t, testkit.Postgres(t))
			for _, c := range c.rounds { // one after the other, as they come
				write(t, s, checksOf(c))
			}
			h, err := s.Health(t.Context(), relayA, time.Unix(noon+60*c.now, 0))
			if err != nil {
				t.Fatal(err)
			}
			var got store.Span
			if len(h.Uptimes) > 0 {
				got = h.Uptimes[0].Day
			}
			if want := (store.Span{Up: time.Duration(c.up) * time.Minute, Known: time.Duration(c.known) * time.Minute}); got != want {
				t.Errorf("got %s up of %s, want %s of %s", got.Up, got.Known, want.Up, want.Known)
			}
		})
	}
}

// TestRoundsMayComeTogetherAndAgain writes the same rounds one by one, all at once, and with every one twice.
func TestRoundsMayComeTogetherAndAgain(t *testing.T) {
	t.Parallel()
	var rounds []*ingest.Check
	for i, saw := range []string{"up", "up", "up!", "down", "degraded", "down", "up", "authonly", "up", "blocked", "up"} {
		rounds = append(rounds, roundAt(int64(i)*60, saw))
	}
	var want []store.Transition
	for i, batches := range [][]*ingest.Batch{
		slices.Collect(func(yield func(*ingest.Batch) bool) {
			for _, r := range rounds {
				if !yield(checksOf(r)) {
					return
				}
			}
		}),
		{checksOf(rounds...)},
		{checksOf(rounds[:6]...), checksOf(rounds[2:8]...), checksOf(rounds...), checksOf(rounds[0])},
	} {
		s := testkit.Store(t, testkit.Postgres(t))
		for _, b := range batches {
			write(t, s, b)
		}
		h, err := s.Health(t.Context(), relayA, time.Unix(noon+24*3600, 0))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = h.Transitions
		}
		if !slices.Equal(h.Transitions, want) {
			t.Errorf("way %d: got %v, want %v", i, h.Transitions, want)
		}
		if d := h.Uptimes[0].Day; d.Up != 7*time.Hour || d.Known != 10*time.Hour {
			t.Errorf("way %d: got %s up of %s, want 7h of 10h", i, d.Up, d.Known)
		}
	}
	var words []string
	for _, tr := range slices.Backward(want) {
		words = append(words, fmt.Sprintf("%d %s→%s %s", (tr.At.Unix()-noon)/3600, tr.From, tr.To, tr.Reason))
	}
	expected := []string{"0 never checked→up ", "3 up→down refused", "4 down→degraded ", "5 degraded→down refused", "6 down→up ",
		"7 up→authonly ", "8 authonly→up ", "9 up→blocked ", "10 blocked→up "}
	if !slices.Equal(words, expected) {
		t.Errorf("got transitions %q, want %q", words, expected)
	}
}

func TestDegradedRoundsChangeNothingButTheirOwnRows(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	first := roundAt(0, "up")
	first.Results = []*ingest.Result{{Check: "read", Ok: true}}
	write(t, s, checksOf(first))
	broken := roundAt(60, "degraded")
	broken.State, broken.StateSince = "up", first.CheckedAt
	broken.Results = []*ingest.Result{{Check: "read", Reason: "timeout"}}
	w := write(t, s, checksOf(broken))
	if len(w.Checks) != 0 || len(w.States) != 0 {
		t.Errorf("got %d checks and %d states to tell of, want none", len(w.Checks), len(w.States))
	}
	state, _, err := s.State(t.Context(), relayA, "main")
	if err != nil || state.State != "up" || state.CheckedAt.Unix() != first.CheckedAt {
		t.Errorf("got %+v, %v, want the state of the round before", state, err)
	}
	report, _, err := s.RelayReport(t.Context(), relayA)
	if err != nil || len(report.Results) != 1 || !report.Results[0].OK {
		t.Errorf("got results %v, %v, want those of the sound round", report.Results, err)
	}
	if n := testkit.Number(t, dsn, "SELECT count(*) FROM relay_checks WHERE degraded AND reason = 'timeout'"); n != 1 {
		t.Errorf("got %d rows of the degraded round, want 1", n)
	}
}

func TestDaysShowTheirWorstState(t *testing.T) {
	t.Parallel()
	s := testkit.Store(t, testkit.Postgres(t))
	const day = 24 * 60
	for _, c := range []*ingest.Check{
		roundAt(-100*day, "down"), // too long ago
		roundAt(-3*day, "up"), roundAt(-3*day+60, "blocked"), roundAt(-3*day+120, "up"),
		roundAt(-2*day+11*60+30, "down"), // lasts over midnight
		roundAt(-30, "degraded"),
	} {
		write(t, s, checksOf(c))
	}
	h, err := s.Health(t.Context(), relayA, time.Unix(noon, 0))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range h.Days {
		got = append(got, fmt.Sprintf("%d %s %s/%s", (noon-d.Day.Unix())/86400, d.Worst, d.Up, d.Known))
	}
	want := []string{"3 blocked 3h0m0s/3h0m0s", "2 down 0s/30m0s", "1 down 0s/1h30m0s", "0 degraded 0s/0s"}
	if !slices.Equal(got, want) {
		t.Errorf("got days %q, want %q", got, want)
	}
}

func TestOldMonthsOfChecksGo(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	old, late := roundAt(-400*24*60, "up"), roundAt(0, "up")
	for _, c := range []*ingest.Check{old, late} {
		c.Results = []*ingest.Result{{Check: "open", Ok: true}}
		write(t, s, checksOf(c))
	}
	testkit.Exec(t, dsn, "CREATE TABLE relay_check_200101 PARTITION OF relay_check FOR VALUES FROM (978307200) TO (980985600)")
	if _, err := s.DropChecks(t.Context(), time.Unix(noon, 0)); err == nil {
		t.Error("the writer dropped partitions: it must not be able to")
	}
	owner := openOwner(t, dsn)
	n, err := owner.DropChecks(t.Context(), time.Unix(late.CheckedAt, 0).Add(-300*24*time.Hour))
	if err != nil || n != 1 {
		t.Errorf("got %d months dropped, %v, want 1", n, err)
	}
	if rows := testkit.Number(t, dsn, "SELECT count(*) FROM relay_check"); rows != 1 {
		t.Errorf("got %d rows left, want the late one", rows)
	}
}

func openOwner(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Config{URL: dsn, Service: "owner", MaxConns: 1}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
