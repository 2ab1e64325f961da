package synchronizer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestRecall walks one relay of every sort at the same time, by one synchronizer, and prints what came of each. Everything
// that a relay serves is archived, or the archive says what is missing; nothing is invented, and nothing is proven that
// is not there. With -update it writes docs/explanation/recall.md.
func TestRecall(t *testing.T) {
	table := newRecall(t, recallRows())
	table.walkAll()
	table.judgeAll()
	lines := table.print()
	t.Logf("\n%s", lines)
	if f := flag.Lookup("update"); f.Value.String() == "true" {
		if err := os.WriteFile("../../docs/explanation/recall.md", []byte(recallPage(table, lines)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// recall is the table at work.
type recall struct {
	t    *testing.T
	dsn  string
	bus  *bus.Bus
	s    *Synchronizer
	runs []*recallRun
}

// recallRun is one relay on its way through its turns.
type recallRun struct {
	*recallRow
	relay  *simrelay.Relay
	url    string
	events map[event.ID]event.Event // what the relay has from the start
	good   map[event.ID]int64       // crafted events that are to be archived, by created_at

	taken  int // turns of the first walk
	walks  int // 1 = the first is done, 2 = the second as well
	last   visited
	asked  bool
	first  simrelay.Totals // after the first walk
	second simrelay.Totals // of the second alone

	genuine, archived int
	got               string
}

// newRecall starts the relays, a writer and a synchronizer that knows their policies.
func newRecall(t *testing.T, rows []*recallRow) *recall {
	r := &recall{t: t, dsn: testkit.Postgres(t), bus: testkit.NATS(t)}
	for _, row := range rows {
		r.runs = append(r.runs, r.open(row))
	}
	archive := testkit.Store(t, r.dsn)
	writing, stopWriting := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := testkit.Write(writing, r.bus, archive); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
	})
	t.Cleanup(func() { stopWriting(); writer.Wait() })
	r.start()
	return r
}

func (r *recall) open(row *recallRow) *recallRun {
	events := world().Events
	if row.holds != nil {
		events = row.holds()
	}
	run := &recallRun{recallRow: row, relay: simrelay.New(row.name, row.manners, events), good: map[event.ID]int64{}, events: map[event.ID]event.Event{}}
	if row.raw != nil {
		for _, c := range row.raw() {
			run.relay.AddRaw(c.Raw)
			if c.good {
				run.good[c.ID] = c.CreatedAt
			}
		}
	}
	if err := run.relay.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(run.relay.Stop)
	run.url = run.relay.URL()
	for _, e := range events {
		run.events[e.ID] = e
	}
	return run
}

// start runs a synchronizer as Run does, with the policies of the rows in place of a list file: that has bounds which
// the scaled clock is below.
func (r *recall) start() {
	cfg, err := app.Load[struct {
		Network netconf.Config
		Sync    Config
	}](map[string]string{
		"RELAY_ALLOW_CIDRS": "127.0.0.0/8", "RELAY_MAX_REQUESTS": "0", "RELAY_MAX_CONNECTIONS_PER_IP": "0",
		"CLEARNET_MAX_RELAYS": fmt.Sprint(len(r.runs)), "SYNC_REQUIRE_READABLE": "false", "SYNC_RETRY_PAUSE": "100ms",
		"SYNC_LIVE": "false", "SYNC_AUDIT": "0", "SYNC_PRIVATE_KEY": strings.Repeat("0", 63) + "3",
	})
	if err != nil {
		r.t.Fatal(err)
	}
	options, err := cfg.Network.Options()
	if err != nil {
		r.t.Fatal(err)
	}
	log := testkit.Log(r.t)
	r.s = New(cfg.Sync, cfg.Network, options, gate(cfg.Network, r.bus, log), r.bus, testkit.Reader(r.t, r.dsn), log)
	if err := r.s.prepare(); err != nil {
		r.t.Fatal(err)
	}
	for _, run := range r.runs {
		url, err := relay.Anywhere.Parse(run.url)
		if err != nil {
			r.t.Fatal(err)
		}
		r.s.lists.overrides[url] = run.policy
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.s.tail.run(ctx) })
	running.Go(func() {
		if err := r.s.work(ctx); err != nil && !errors.Is(err, context.Canceled) {
			r.t.Errorf("work: %v", err)
		}
		close(r.s.tail.stop)
	})
	r.t.Cleanup(func() { cancel(); running.Wait() })
}

// longest is how long the table may take.
const longest = 6 * time.Minute

// walkAll has every relay visited until its walks are done or its turns are used up.
func (r *recall) walkAll() {
	for _, run := range r.runs {
		r.ask(run)
	}
	for end := time.Now().Add(longest); ; time.Sleep(100 * time.Millisecond) {
		left := r.step()
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("%s: were not visited to the end", strings.Join(left, ", "))
		}
	}
}

// step takes note of new visits, and returns the relays that are not done.
func (r *recall) step() (left []string) {
	visits := map[string]visited{}
	type row struct {
		URL             string
		Outcome, Reason string
		Late, Missing   int64
	}
	for _, v := range testkit.Rows[row](r.t, r.dsn, `
		SELECT r.url, v.outcome, coalesce(v.reason, ''), v.late_events, v.missing_events
		FROM visit v JOIN relay r USING (relay_no) WHERE v.job = 'sync' AND v.ended_at > 1000`) {
		visits[v.URL] = visited{Outcome: v.Outcome, Reason: v.Reason, Late: v.Late, Missing: v.Missing, Ended: 1}
	}
	for _, run := range r.runs {
		if visit, ok := visits[run.url]; ok && run.asked {
			r.next(run, visit)
		}
		if run.asked {
			left = append(left, run.name)
		}
	}
	return left
}

// next decides what follows a visit.
func (r *recall) next(run *recallRun, visit visited) {
	testkit.Exec(r.t, r.dsn, "UPDATE visit SET started_at = 1, ended_at = 2 WHERE relay_no = (SELECT relay_no FROM relay WHERE url = '"+run.url+"')")
	run.last = visit
	if run.walks == 0 {
		run.taken++
	}
	switch totals := run.relay.Ledger().Totals(); {
	case visit.Outcome == outcomePaused:
	case visit.Outcome != outcomeDone && run.taken < run.turns && run.walks == 0:
		r.ask(run)
	case run.walks == 0:
		run.walks, run.first, run.asked = 1, totals, false
		if run.then != nil || run.again {
			r.anotherWalk(run)
		}
	default:
		run.walks, run.second, run.asked = 2, since(totals, run.first), false
	}
}

// walkedDays is how long ago the first walk was when the second one is due.
const walkedDays = 2

// anotherWalk has the first walk been made days ago: it came no further than to its own day.
func (r *recall) anotherWalk(run *recallRun) {
	if run.then != nil {
		run.then(run.relay)
	}
	where := " WHERE relay_no = (SELECT relay_no FROM relay WHERE url = '" + run.url + "')"
	testkit.Exec(r.t, r.dsn, fmt.Sprintf("UPDATE coverage SET walked_on = walked_on - %d, intervals = intervals * int8multirange(int8range(0, %d))"+where+
		"; UPDATE sighting SET first_seen = first_seen - 10, last_seen = last_seen - 10"+where,
		walkedDays, time.Now().AddDate(0, 0, -walkedDays).Unix()))
	r.ask(run)
}

func (r *recall) ask(run *recallRun) {
	run.asked = true
	if err := r.bus.Now(r.t.Context(), subject.JobSync, bus.Task{URL: run.url, Network: subject.Clearnet}); err != nil {
		r.t.Fatal(err)
	}
}

// since is what the counters of a ledger went up by.
func since(now, before simrelay.Totals) simrelay.Totals {
	now.Requests -= before.Requests
	now.Bytes -= before.Bytes
	now.NegIn -= before.NegIn
	return now
}
