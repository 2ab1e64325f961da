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
	cutOn := func(day string) store.Covered {
		row := walked(day, sec("2026-01-02T00:00"), sec("2026-01-02T00:00"))
		row.Proof = ingest.Proof_PROOF_TRUNCATED
		return row
	}
	emptyOn := func(day string) store.Covered {
		row := walked(day, start.Unix(), sec("2026-01-02T00:00")-1)
		row.Proof = ingest.Proof_PROOF_EMPTY
		return row
	}
	first := walked("2026-01-10", start.Unix(), sec("2026-01-10T18:00"))
	tests := []struct {
		name    string
		covered []store.Covered
		now     string
		want    []Interval
	}{
		{"nothing is covered", nil, "2026-01-10T18:00", []Interval{{Since: start.Unix(), Until: sec("2026-01-10T18:00")}}},
		{"the same day only the new end", []store.Covered{first}, "2026-01-10T18:15",
			[]Interval{{Since: sec("2026-01-10T18:00") + 1, Until: sec("2026-01-10T18:15")}}},
		{"the next day the day before last again", []store.Covered{first, walked("2026-01-11", sec("2026-01-10T18:00")+1, sec("2026-01-11T01:00"))}, "2026-01-11T01:00",
			[]Interval{{Since: sec("2026-01-09T00:00"), Until: sec("2026-01-10T00:00") - 1}}},
		{"once settled it is left alone", []store.Covered{first,
			walked("2026-01-11", sec("2026-01-10T18:00")+1, sec("2026-01-11T01:00")),
			walked("2026-01-11", sec("2026-01-09T00:00"), sec("2026-01-10T00:00")-1)}, "2026-01-11T01:00", nil},
		{"what is empty is asked for again after a week", []store.Covered{walked("2026-01-20", sec("2026-01-02T00:00"), sec("2026-01-20T18:00")), emptyOn("2026-01-10")}, "2026-01-20T18:00",
			[]Interval{{Since: start.Unix(), Until: sec("2026-01-02T00:00") - 1}}},
		{"what was cut is left alone for a week", []store.Covered{first, cutOn("2026-01-10")}, "2026-01-10T18:00", nil},
		{"and tried again then", []store.Covered{walked("2026-01-20", sec("2026-01-02T00:00")+1, sec("2026-01-20T18:00")), walked("2026-01-20", start.Unix(), sec("2026-01-02T00:00")-1), cutOn("2026-01-10")}, "2026-01-20T18:00",
			[]Interval{{Since: sec("2026-01-02T00:00"), Until: sec("2026-01-02T00:00")}}},
		{"a hole is walked", []store.Covered{walked("2026-01-10", start.Unix(), sec("2026-01-03T00:00")), walked("2026-01-10", sec("2026-01-04T00:00"), sec("2026-01-10T18:00"))}, "2026-01-10T18:00",
			[]Interval{{Since: sec("2026-01-03T00:00") + 1, Until: sec("2026-01-04T00:00") - 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := todo(test.covered, start, at(test.now), 24*time.Hour)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
