package standalone_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "brotr-bin-")
	if err != nil {
		panic(err)
	}
	binaries.dir = dir
	testkit.Main(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// TestTruth walks the demo network, every service a process of its own, and compares the
// archive with what the relays hold.
func TestTruth(t *testing.T) {
	c := launch(t, one, simrelay.DemoConfig{Seed: 1, Events: 3000})
	c.realEvents()
	c.inject(c.network.URLs())
	c.settle(4 * time.Minute)
	c.checkTruth()
	c.checkCoverage()
	c.checkRefusals()
	c.report(300)
}

// checkCoverage demands that every relay which answers in full is covered from the beginning of
// time without a hole, and without a stretch that is recorded as cut.
func (c *cluster) checkCoverage() {
	c.t.Helper()
	type covered struct {
		URL      string
		Whole    bool
		Holes    int
		CutShort bool
	}
	rows := testkit.Rows[covered](c.t, c.owner, `
		SELECT relay, covered @> int8range(0, $1), (SELECT count(*) FROM unnest(covered))::int - 1, truncated IS NOT NULL
		FROM relay_coverage`, time.Now().Add(-time.Hour).Unix())
	found := map[string]covered{}
	for _, row := range rows {
		found[row.URL] = row
	}
	for _, m := range c.network.Members {
		row, walked := found[m.URL()]
		switch m.Expect.Outcome {
		case simrelay.Complete:
			if !row.Whole || row.Holes > 0 || row.CutShort {
				c.t.Errorf("%s: got coverage %+v, want one whole interval", m.Name(), row)
			}
		case simrelay.None:
			if walked {
				c.t.Errorf("%s: got coverage %+v, want none", m.Name(), row)
			}
		}
	}
	if problem, err := c.ahead(c.t.Context()); problem != "" || err != nil {
		c.t.Errorf("coverage is ahead of the events: %s %v", problem, err)
	}
}

// checkRefusals demands a typed reason, and no pair, of every relay that does not answer.
func (c *cluster) checkRefusals() {
	c.t.Helper()
	pairs := map[string]int{}
	for p := range c.pairs() {
		pairs[p.URL]++
	}
	for _, m := range c.network.Members {
		if m.Expect.Outcome != simrelay.None {
			continue
		}
		reason := c.reasonOf(c.t.Context(), m.URL())
		c.t.Logf("%-14s archived %d pairs, reason %s", m.Name(), pairs[m.URL()], reason)
		if pairs[m.URL()] > 0 || !strings.Contains(reason, strings.TrimSuffix(m.Expect.Reason, "_required")) {
			c.t.Errorf("%s: got %d pairs and reason %q, want none and %q", m.Name(), pairs[m.URL()], reason, m.Expect.Reason)
		}
	}
}

// TestScaleOut has more replicas do the same work: the archive is the same, and no relay is
// asked for more than one walk.
func TestScaleOut(t *testing.T) {
	c := launch(t, replicas{"finder": 2, "validator": 2, "monitor": 2, "synchronizer": 3, "writer": 2}, simrelay.DemoConfig{Seed: 1, Events: 3000},
		"MONITOR_CHECKS=open,read,write,nip11") // trying abilities takes a page, which is no second walk
	c.inject(c.network.URLs())
	c.settle(4 * time.Minute)
	c.checkTruth()
	c.checkCoverage()
	c.checkNotTwice()
	c.report(300)
}

// checkNotTwice counts events that one relay sent on more than one connection of a walk. Relays
// that cut connections are asked again on purpose and do not count; the monitor's one event and
// the one of the validator do not either.
func (c *cluster) checkNotTwice() {
	c.t.Helper()
	walked, again := 0, 0
	for _, m := range c.network.Members {
		man := m.Manners()
		if m.Expect.Outcome != simrelay.Complete || man.DropAfter+man.DropMidAnswerEvery+man.RefuseEvery+man.LoseEOSEEvery+man.RateLimitAfter > 0 {
			continue
		}
		walks := map[int]int{}
		for _, request := range m.Ledger().Requests() {
			if len(request.Sent) > 1 {
				walks[int(request.Conn)] += len(request.Sent)
			}
		}
		longest := 0
		for _, sent := range walks {
			longest = max(longest, sent)
			walked += sent
		}
		again += sumOf(walks) - longest
	}
	c.t.Logf("events sent: %d, of them on a second walk: %d", walked, again)
	if walked == 0 || float64(again) > 0.01*float64(walked) {
		c.t.Errorf("got %d of %d events sent twice, want at most 1 %%", again, walked)
	}
}

func sumOf(m map[int]int) (sum int) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// TestCrash kills a random process every two seconds for a minute, while the work is under way.
func TestCrash(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CRASH_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d (CRASH_SEED=%d repeats the choice of victims)", seed, seed)
	// At this pace the walks last longer than the minute, so that every kill hits work.
	c := launch(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 2, "writer": 2},
		simrelay.DemoConfig{Seed: 2, Events: 3000}, "RELAY_MAX_REQUESTS=0.4")
	c.inject(c.network.URLs())
	kills := map[string]int{}
	audits := 0
	for began := time.Now(); time.Since(began) < time.Minute; {
		time.Sleep(2 * time.Second)
		kills[c.kill(random)]++
		if random.IntN(3) == 0 && audits < 10 && c.audit() {
			audits++
		}
	}
	for audits < 10 {
		if c.audit() {
			audits++
		}
	}
	total := 0
	for name, n := range kills {
		t.Logf("killed %-16s %d times", name, n)
		total += n
	}
	open := c.settled(c.bus())
	t.Logf("%d kills, %d audits of coverage during the run; after them still open: %.300s", total, audits, open)
	if open == "" {
		t.Error("all was done before the last kill: the kills proved nothing")
	}
	if total < 25 || kills["postgres"] == 0 && kills["nats"] == 0 {
		t.Errorf("got %d kills, %d of Postgres and %d of NATS: the faults did not fire", total, kills["postgres"], kills["nats"])
	}
	c.settle(5 * time.Minute)
	c.checkTruth()
	c.checkCoverage()
	c.report(300)
}

// kill kills one process, starts it again, and returns its name.
func (c *cluster) kill(random *rand.Rand) string {
	c.t.Helper()
	n := random.IntN(len(c.services) + 2)
	if n == len(c.services)+1 {
		if err := syscall.Kill(c.postgres.Pid(), syscall.SIGKILL); err != nil {
			c.t.Fatal(err)
		}
		<-c.postgres.Done()
		if err := c.postgres.Start(c.t.Context()); err != nil {
			c.t.Fatalf("Postgres does not come back: %v", err)
		}
		return "postgres"
	}
	victim := c.nats
	if n < len(c.services) {
		victim = c.services[n]
	}
	if !victim.signal(syscall.SIGKILL) {
		c.t.Errorf("%s was dead before it was killed:\n%s", victim.name, victim.tail(10))
	}
	<-victim.done
	victim.start(c.t)
	return victim.name
}

// audit compares coverage and events in one snapshot; false when Postgres is away.
func (c *cluster) audit() bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	problem, err := c.ahead(ctx)
	if err != nil {
		return false
	}
	if problem != "" {
		c.t.Errorf("coverage is ahead of the events: %s", problem)
	}
	return true
}

// TestTerminate ends every service by SIGTERM in the middle of its work, which the pace stretches over many seconds.
func TestTerminate(t *testing.T) {
	c := launch(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 2, "writer": 2},
		simrelay.DemoConfig{Seed: 3, Events: 3000}, "RELAY_MAX_REQUESTS=2")
	c.inject(c.network.URLs())
	c.waitFor("the first pages", time.Minute, func() bool {
		return len(testkit.Rows[reason](t, c.owner, "SELECT url FROM coverage JOIN relay USING (relay_no)")) > 3
	})
	var peers []*process
	for _, p := range c.services {
		if p.name == "synchronizer-1" || p.name == "writer-1" {
			peers = append(peers, p)
			continue
		}
		began := time.Now()
		p.signal(syscall.SIGTERM)
		code := p.wait(20 * time.Second)
		t.Logf("%-16s ended with %d after %s", p.name, code, time.Since(began).Round(time.Millisecond))
		if code != 0 {
			t.Errorf("%s: got exit code %d, want 0 within 20 s:\n%s", p.name, code, p.tail(20))
		}
	}
	before := c.covered()
	c.waitFor("a peer to go on", 5*time.Second, func() bool { return c.covered() > before })
	for _, p := range c.services {
		if p != peers[0] && p != peers[1] {
			p.start(t)
		}
	}
	c.settle(4 * time.Minute)
	c.checkTruth()
}

// covered counts proven answers.
func (c *cluster) covered() int64 {
	type count struct{ N int64 }
	return testkit.Rows[count](c.t, c.owner, "SELECT count(*) + coalesce(sum(v.pages), 0)::bigint + (SELECT count(*) FROM sighting) FROM visit v")[0].N
}

func (c *cluster) waitFor(what string, limit time.Duration, done func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(limit); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("waited %s for %s", limit, what)
		}
	}
}
