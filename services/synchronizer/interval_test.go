package synchronizer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

func TestWithoutAndUnionAgreeWithSets(t *testing.T) {
	interval := rapid.Custom(func(t *rapid.T) Interval {
		since := rapid.Int64Range(0, 40).Draw(t, "since")
		return Interval{Since: since, Until: since + rapid.Int64Range(-2, 12).Draw(t, "length")}
	})
	rapid.Check(t, func(t *rapid.T) {
		covered := rapid.SliceOfN(interval, 0, 6).Draw(t, "covered")
		whole := Interval{Since: 5, Until: 45}
		in := func(ivs []Interval, s int64) bool {
			return slices.ContainsFunc(ivs, func(iv Interval) bool { return iv.Since <= s && s <= iv.Until })
		}
		merged, holes := union(covered), without(whole, covered)
		for s := int64(-3); s < 60; s++ {
			if in(merged, s) != in(covered, s) {
				t.Fatalf("union %v of %v at %d", merged, covered, s)
			}
			if want := whole.Since <= s && s <= whole.Until && !in(covered, s); in(holes, s) != want {
				t.Fatalf("holes %v of %v at %d: got %t, want %t", holes, covered, s, !want, want)
			}
		}
		for i := 1; i < len(merged); i++ {
			if merged[i].Since <= merged[i-1].Until+1 {
				t.Fatalf("union %v touches itself", merged)
			}
		}
	})
}

func TestTodo(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	sec := func(s string) int64 { return at(s).Unix() }
	walked := func(day string, since, until int64) store.Covered {
		return store.Covered{Proof: ingest.Proof_PROOF_EOSE, WalkedOn: at(day + "T00:00"), Intervals: []Interval{{Since: since, Until: until}}}
	}
	start := at("2026-01-01T00:00")
	first := walked("2026-01-10", start.Unix(), sec("2026-01-10T18:00"))
	lastOf := func(s string) Interval { return Interval{Since: sec(s) - onTheWay, Until: sec(s)} }
	tests := []struct {
		name    string
		covered []store.Covered
		now     string
		want    []Interval
	}{
		{"nothing is covered", nil, "2026-01-10T18:00", []Interval{{Since: start.Unix(), Until: sec("2026-01-10T18:00")}}},
		{"the same day only the new end and what was on its way", []store.Covered{first}, "2026-01-10T18:15",
			[]Interval{{Since: sec("2026-01-10T18:00") - onTheWay, Until: sec("2026-01-10T18:15")}}},
		{"the same second what was on its way", []store.Covered{first}, "2026-01-10T18:00", []Interval{lastOf("2026-01-10T18:00")}},
		{"the next day the day before last again", []store.Covered{first, walked("2026-01-11", sec("2026-01-10T18:00")+1, sec("2026-01-11T01:00"))}, "2026-01-11T01:00",
			[]Interval{lastOf("2026-01-11T01:00"), {Since: sec("2026-01-09T00:00"), Until: sec("2026-01-10T00:00") - 1}}},
		{"once settled it is left alone", []store.Covered{first,
			walked("2026-01-11", sec("2026-01-10T18:00")+1, sec("2026-01-11T01:00")),
			walked("2026-01-11", sec("2026-01-09T00:00"), sec("2026-01-10T00:00")-1)}, "2026-01-11T01:00",
			[]Interval{lastOf("2026-01-11T01:00")}},
		{"a hole is walked", []store.Covered{walked("2026-01-10", start.Unix(), sec("2026-01-03T00:00")), walked("2026-01-10", sec("2026-01-04T00:00"), sec("2026-01-10T18:00"))}, "2026-01-10T18:00",
			[]Interval{lastOf("2026-01-10T18:00"), {Since: sec("2026-01-03T00:00") + 1, Until: sec("2026-01-04T00:00") - 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := todo(test.covered, start, at(test.now), 24*time.Hour, nil).open
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestDueAgreesWithSeconds compares the sweep with the rule applied to every second on its own.
func TestDueAgreesWithSeconds(t *testing.T) {
	rewalk := Schedule{aDay, 3 * aDay, 10 * aDay}
	rapid.Check(t, func(t *rapid.T) {
		walk := rapid.Custom(func(t *rapid.T) walked {
			since := rapid.Int64Range(0, 30).Draw(t, "since")
			return walked{Interval{Since: since, Until: since + rapid.Int64Range(-1, 15).Draw(t, "length")}, rapid.IntRange(80, 100).Draw(t, "day")}
		})
		walks := rapid.SliceOfN(walk, 0, 6).Draw(t, "walks")
		today := rapid.IntRange(100, 125).Draw(t, "today")
		whole := Interval{Since: 3, Until: 35}
		got := due(walks, whole, rewalk, today)
		for s := whole.Since; s <= whole.Until; s++ {
			days := map[int]int{}
			for _, w := range walks {
				if w.Since <= s && s <= w.Until {
					days[w.day]++
				}
			}
			want := rewalk.due(days, today)
			if is := slices.ContainsFunc(got, func(iv Interval) bool { return iv.Since <= s && s <= iv.Until }); is != want {
				t.Fatalf("second %d walked on %v, today %d: got due %t, want %t", s, days, today, is, want)
			}
		}
	})
}

func TestScheduleDecays(t *testing.T) {
	rewalk := Schedule{aDay, 3 * aDay, 10 * aDay}
	tests := []struct {
		days  []int
		today int
		want  bool
	}{
		{nil, 100, false},
		{[]int{100}, 100, false},
		{[]int{100}, 101, true},
		{[]int{100, 101}, 102, false},
		{[]int{100, 101}, 103, true},
		{[]int{100, 104}, 105, false}, // late for the second step: it stands for both
		{[]int{100, 104}, 110, true},
		{[]int{100, 110}, 119, false},
		{[]int{100, 110}, 120, true}, // the last distance repeats
		{[]int{100, 120}, 129, false},
	}
	for _, test := range tests {
		days := map[int]int{}
		for _, day := range test.days {
			days[day]++
		}
		if got := rewalk.due(days, test.today); got != test.want {
			t.Errorf("walked on %v, today %d: got %t, want %t", test.days, test.today, got, test.want)
		}
	}
	if (Schedule{}).due(map[int]int{1: 1}, 1000) {
		t.Error("got a walk due without a schedule")
	}
}
