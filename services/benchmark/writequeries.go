package benchmark

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

const (
	// readLimit is how long an answer may take, and boundedLimit that of a bounded scan: a bound that does not hold shows.
	readLimit    = 50 * time.Millisecond
	boundedLimit = 2 * time.Second
	// readTimes is how often each question is asked; the median counts.
	readTimes = 5
	// eventsPerRelay and mostRelays say how many relays an archive is furnished with: the network has some 2,000.
	eventsPerRelay, mostRelays = 500, 2_000
)

// QueryTime is how one question of readers fared.
type QueryTime struct {
	Name    string  `json:"name"`
	Behind  string  `json:"behind"` // the endpoint, command or service that asks
	Median  float64 `json:"median_ms"`
	Rows    int64   `json:"rows"`
	Bounded string  `json:"bounded_by,omitempty"` // what bounds a scan that may take longer than the limit
	Pass    bool    `json:"pass"`

	query readQuery
	plan  string
}

func (t QueryTime) verdict() string {
	switch {
	case !t.Pass:
		return "FAIL"
	case t.Bounded != "":
		return "bounded by " + t.Bounded
	}
	return "pass"
}

// furnish gives the archive what readers look at beside events, counts everything, and finds the worst parameters.
func (b *bench) furnish(ctx context.Context) (measure.Parameters, error) {
	b.cfg.say("making up relays, sightings and checks for readers, and counting them")
	if err := b.archive.Furnish(ctx, min(max(b.cfg.Prefill/eventsPerRelay, 50), mostRelays)); err != nil {
		return measure.Parameters{}, err
	}
	refresher, err := openStore(b.postgres.URL("postgres"), "bigbrotr_refresher", 1)
	if err != nil {
		return measure.Parameters{}, err
	}
	defer refresher.Close()
	if err := recount(ctx, refresher); err != nil {
		return measure.Parameters{}, err
	}
	if err := b.archive.Rest(ctx, "author_count", "kind_count", "relay_count", "author_sketch", "relay_claim"); err != nil {
		return measure.Parameters{}, err
	}
	return b.archive.Extremes(ctx)
}

// recount does what the refresher does in time.
func recount(ctx context.Context, s *store.Store) error {
	if _, err := s.RebuildAnalytics(ctx); err != nil {
		return err
	}
	now := time.Now()
	for _, job := range []func(context.Context) (int, error){
		func(ctx context.Context) (int, error) { return s.CountWindows(ctx, now) },
		s.MergeNetworks,
	} {
		if _, err := job(ctx); err != nil {
			return err
		}
	}
	for n := 1; n > 0; {
		var err error
		if n, err = s.ReadClaims(ctx); err != nil {
			return err
		}
	}
	return nil
}

// timeQueries asks what readers ask, as their role, and writes down how Postgres answered. Which took longer than
// they may is in the report.
func (b *bench) timeQueries(ctx context.Context) error {
	if b.cfg.Queries == "" {
		return nil
	}
	x, err := b.furnish(ctx)
	if err != nil {
		return err
	}
	b.cfg.say("asking %d questions of readers", len(readQueries))
	reader, err := measure.OpenReader(ctx, as(b.postgres.URL("postgres"), "bigbrotr_reader"))
	if err != nil {
		return err
	}
	defer reader.Close(ctx)
	for _, q := range readQueries {
		timed, err := q.time(ctx, reader, x)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		b.report.Queries = append(b.report.Queries, timed)
	}
	events, sightings, err := sizes(ctx, b.archive)
	if err != nil {
		return err
	}
	if err := b.writeQueries(events.Rows, sightings.Rows); err != nil {
		return err
	}
	b.report.SlowQueries, err = b.cfg.judge(b.report.Queries)
	return err
}

// time asks a question several times, of which the first may read from disk. What takes seconds is asked once.
func (q readQuery) time(ctx context.Context, reader *measure.Reader, x measure.Parameters) (QueryTime, error) {
	var plans []measure.Plan
	for range readTimes {
		plan, err := reader.Explain(ctx, q.text, q.args(x))
		if err != nil {
			return QueryTime{}, err
		}
		if plans = append(plans, plan); plan.Took > 100*readLimit {
			break
		}
	}
	slices.SortFunc(plans, func(a, b measure.Plan) int { return int(a.Took - b.Took) })
	middle, limit := plans[len(plans)/2], readLimit
	if q.bounded != "" {
		limit = boundedLimit
	}
	return QueryTime{Name: q.name, Behind: q.behind, Median: float64(middle.Took.Microseconds()) / 1000, Rows: middle.Rows,
		Bounded: q.bounded, Pass: middle.Took <= limit, query: q, plan: middle.Text}, nil
}

// judge prints the table and says which questions took too long.
func (c Config) judge(times []QueryTime) (slow []string, err error) {
	for _, t := range times {
		if !t.Pass {
			slow = append(slow, t.Name)
		}
	}
	if c.Progress != nil {
		table := tabwriter.NewWriter(c.Progress, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "QUESTION\tASKED BY\tMS\tROWS\t")
		for _, t := range times {
			fmt.Fprintf(table, "%s\t%s\t%.2f\t%d\t%s\n", t.Name, t.Behind, t.Median, t.Rows, t.verdict())
		}
		err = table.Flush()
	}
	return slow, err
}

// writeQueries writes the page of questions and plans.
func (b *bench) writeQueries(events, sightings int64) error {
	file, err := os.Create(b.cfg.Queries)
	if err != nil {
		return fmt.Errorf("write the plans: %w", err)
	}
	writePlans(file, b.report.Queries, events, sightings)
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the plans: %w", err)
	}
	return nil
}

func writePlans(w io.Writer, times []QueryTime, events, sightings int64) {
	fmt.Fprintf(w, "# What readers ask\n\n"+
		"Every question that is to stand behind an endpoint of the API, that a view promises to answer, or that a command or a service asks, put to an\n"+
		"archive of %d events and %d sightings by `bigbrotr bench write --queries FILE`, which writes this page. The role is `bigbrotr_reader`. The\n"+
		"parameters are the worst that the archive offers: the author and the relay with most events, the commonest tag, kind 1 over all time, what is\n"+
		"not there, pages from the middle of the archive. Time is planning and execution, the median of %d; the limit is %d ms, and %g s for a bounded\n"+
		"scan, whose bound is named.\n\n| question | asked by | ms | rows | |\n|---|---|---|---|---|\n", events, sightings, readTimes, readLimit.Milliseconds(), boundedLimit.Seconds())
	for _, t := range times {
		fmt.Fprintf(w, "| [%s](#%s) | %s | %.2f | %d | %s |\n", t.Name, anchor(t.Name), t.Behind, t.Median, t.Rows, t.verdict())
	}
	for _, t := range times {
		fmt.Fprintf(w, "\n## %s\n\n```\n%s\n```\n\n```\n%s\n```\n", t.Name, strings.TrimSpace(t.query.text), t.plan)
	}
}

// anchor is what a heading is linked by.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
