package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

func fared() store.Health {
	hours := func(up, known int) store.Span {
		return store.Span{Up: time.Duration(up) * time.Hour, Known: time.Duration(known) * time.Hour}
	}
	day := noon.Truncate(24 * time.Hour)
	return store.Health{
		Uptimes: []store.Uptime{{Vantage: "main", Day: hours(18, 24), Week: hours(99, 100), Month: hours(99, 100), Quarter: hours(99, 100)},
			{Vantage: "berlin"}},
		Days: []store.Day{{Vantage: "main", Day: day.AddDate(0, 0, -200), Worst: "up"}, {Vantage: "main", Day: day.AddDate(0, 0, -89), Worst: "up", Span: hours(24, 24)},
			{Vantage: "main", Day: day.AddDate(0, 0, -2), Worst: "blocked"}, {Vantage: "main", Day: day.AddDate(0, 0, -1), Worst: "degraded"},
			{Vantage: "main", Day: day, Worst: "down", Span: hours(6, 12)}},
		Transitions: []store.Transition{{Vantage: "main", At: noon, From: "blocked", To: "down", Reason: "refused"},
			{Vantage: "main", At: noon.Add(-time.Hour), From: "degraded", To: "authonly"},
			{Vantage: "main", At: noon.Add(-2 * time.Hour), From: "never checked", To: "degraded"}},
	}
}

func TestHealthKeepsItsForm(t *testing.T) {
	var out bytes.Buffer
	if err := (&env{stdout: &out}).writeJSON(view.HealthOf(fared())); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/health.json", out.String())
	out.Reset()
	if err := columns(&out, healthLines(fared(), noon)...); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/health.txt", out.String())
}

func TestARoundIsOneFromEveryVantageSinceTheWish(t *testing.T) {
	asked := noon.Unix()
	g := subject.Wish{AskedAt: asked, Vantages: []string{"main", "berlin"}}
	for _, c := range []struct {
		main, berlin int64
		want         bool
	}{{asked, asked + 5, true}, {asked - 1, asked, true}, {asked - 2, asked, false}, {asked, 0, false}} {
		if got := metBy(g, store.Rounds{"main": time.Unix(c.main, 0), "berlin": time.Unix(c.berlin, 0)}); got != c.want {
			t.Errorf("rounds at %d and %d after a wish at %d: got %v, want %v", c.main, c.berlin, asked, got, c.want)
		}
	}
	if metBy(g, store.Rounds{"main": noon}) {
		t.Error("got a vantage without any round taken for one that looked")
	}
}

func TestAskingForACheckWithoutAMonitor(t *testing.T) {
	_, words, code := bigbrotr(t, "", []string{"NATS_URL=" + testkit.NATSURL(t)}, "relay", "check", "relay.example.com")
	if code != unreachable || !strings.Contains(words, "no monitor is running") {
		t.Errorf("got code %d and %q, want it said that no monitor runs", code, words)
	}
	if _, words, code := bigbrotr(t, "", nil, "relay", "check", "not a relay"); code != usage {
		t.Errorf("got code %d and %q, want a usage error", code, words)
	}
}

func TestPublishStatusSaysThatThereIsNone(t *testing.T) {
	environ := []string{"DATABASE_URL=" + testkit.Postgres(t), "MONITOR_PUBLIC_KEY=" + strings.Repeat("ab", 32)}
	if _, words, code := bigbrotr(t, "", environ, "publish", "status"); code != 0 || !strings.Contains(words, "No publish relay has given a verdict") {
		t.Errorf("got code %d and %q, want it said that there is nothing", code, words)
	}
}
