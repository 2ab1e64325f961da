package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// verifyTimeout bounds one statement of a full look.
const verifyTimeout = 24 * time.Hour

type verifyVerb struct {
	All    bool   `help:"Look at everything; takes as long as reading the archive does."`
	Sample int    `help:"Events to look at without --all." default:"10000"`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// verified is the public form of a look at the archive.
type verified struct {
	Sound           bool       `json:"sound"`
	Events          int        `json:"events"`
	BadIDs          int        `json:"bad_ids"`
	BadSignatures   int        `json:"bad_signatures"`
	Light           int        `json:"light"`
	Bad             []string   `json:"bad"`
	Sightings       int64      `json:"sightings"`
	BadSightings    int64      `json:"bad_sightings"`
	OutsideCoverage int64      `json:"outside_coverage"`
	Coverage        int64      `json:"coverage"`
	BadCoverage     int64      `json:"bad_coverage"`
	Tombstones      int64      `json:"tombstones"`
	BadTombstones   int64      `json:"bad_tombstones"`
	Counters        int64      `json:"counters"`
	BadCounters     int64      `json:"bad_counters"`
	Miscounts       []miscount `json:"miscounts"`
}

// miscount is the public form of a counter that does not fit its rows.
type miscount struct {
	Counter string `json:"counter"`
	Counted int64  `json:"counted"`
	Found   int64  `json:"found"`
}

func verifiedOf(v store.Verified) verified {
	out := verified{v.Sound(), v.Events, v.BadIDs, v.BadSignatures, v.Light, []string{}, v.Sightings, v.BadSightings,
		v.OutsideCoverage, v.Coverage, v.BadCoverage, v.Tombstones, v.BadTombstones, v.Counters, v.BadCounters, []miscount{}}
	for _, id := range v.Bad {
		out.Bad = append(out.Bad, id.String())
	}
	for _, m := range v.Miscounts {
		out.Miscounts = append(out.Miscounts, miscount(m))
	}
	return out
}

// Run looks at the archive; what contradicts something else exits with 6.
func (v *verifyVerb) Run(ctx context.Context, e *env) error {
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	s, err := dialStoreFor(ctx, p.Reader, verifyTimeout)
	if err != nil {
		return err
	}
	defer s.Close()
	var done atomic.Int64
	began := time.Now()
	stop := e.follow("verify", func() pace { return pace{Items: done.Load(), What: "events", Took: time.Since(began)} })
	found, err := s.Verify(ctx, v.Sample, v.All, func(n int) { done.Store(int64(n)) })
	stop()
	if err != nil {
		return exit(unreachable, fmt.Errorf("%w; see: bigbrotr doctor", err))
	}
	if err := printVerified(e, v.Output, verifiedOf(found)); err != nil || found.Sound() {
		return err
	}
	if found.BadCounters > 0 {
		return exit(mismatch, errors.New("the archive contradicts itself; count again with: bigbrotr rebuild analytics"))
	}
	return exit(mismatch, errors.New("the archive contradicts itself"))
}

func printVerified(e *env, output string, v verified) error {
	if output == "json" {
		return e.writeJSON(v)
	}
	lines := []string{"WHAT\tLOOKED AT\tBAD",
		fmt.Sprintf("events: id and signature\t%d\t%d and %d", v.Events, v.BadIDs, v.BadSignatures),
		fmt.Sprintf("sightings against events and relays\t%d\t%d", v.Sightings, v.BadSightings),
		fmt.Sprintf("coverage against relays, filters and time\t%d\t%d", v.Coverage, v.BadCoverage),
		fmt.Sprintf("tombstones against events\t%d\t%d", v.Tombstones, v.BadTombstones),
		fmt.Sprintf("counters against rows\t%d\t%d", v.Counters, v.BadCounters),
		fmt.Sprintf("sightings in no proven interval\t%d\tno fault", v.OutsideCoverage)}
	if v.Light > 0 {
		lines = append(lines, fmt.Sprintf("events without a content\t%d\tcannot be checked", v.Light))
	}
	for _, id := range v.Bad {
		lines = append(lines, "bad event\t"+id+"\t")
	}
	for _, m := range v.Miscounts {
		lines = append(lines, fmt.Sprintf("bad counter\t%s\tcounted %d, found %d", m.Counter, m.Counted, m.Found))
	}
	return columns(e.stdout, lines...)
}
