package synchronizer

import (
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// A network in which most relays are dead, each third of these in another way. All of it is a sixteenth of the real one,
// and CLEARNET_CHECK_TIMEOUT a tenth.
const (
	fairLive  = 90
	fairDead  = 70 // of each sort
	fairSlots = 60
)

// fairSort is what is wrong with a relay; it is the first part of its name.
type fairSort string

const (
	fairFine       fairSort = "live"
	fairRefuses    fairSort = "refuses"    // nobody listens
	fairHangs      fairSort = "hangs"      // somebody listens and says nothing
	fairUnreadable fairSort = "unreadable" // the monitor could not read from it; it is not dialled
)

// fairNetwork is the relays by sort.
type fairNetwork map[fairSort][]*simrelay.Relay

func startFairNetwork(t *testing.T) fairNetwork {
	t.Helper()
	events, network := old(20), fairNetwork{}
	for sort, n := range map[fairSort]int{fairFine: fairLive, fairRefuses: fairDead, fairHangs: fairDead, fairUnreadable: fairDead} {
		manners := simrelay.Manners{}
		switch sort {
		case fairRefuses:
			manners.Dead = simrelay.Refused
		case fairHangs:
			manners.Dead = simrelay.Hang
		}
		for i := range n {
			relay := simrelay.New(fmt.Sprintf("%s %d", sort, i), manners, events)
			if err := relay.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(relay.Stop)
			network[sort] = append(network[sort], relay)
		}
	}
	return network
}

// round makes a turn due at all relays of these sorts, one sort after the other, and returns when all are archived.
func (f fairNetwork) round(p *pipeline, sorts ...fairSort) {
	p.t.Helper()
	testkit.Exec(p.t, p.dsn, "UPDATE visit SET started_at = started_at - 10, ended_at = ended_at - 10, next_at = next_at - 10")
	want := int64(0)
	began := time.Now().Unix()
	for _, sort := range sorts {
		want += int64(len(f[sort]))
		for _, relay := range f[sort] {
			task := bus.Task{URL: relay.URL(), Network: subject.Clearnet, ReadableAt: time.Now().Unix()}
			if sort == fairUnreadable {
				task.ReadableAt = 0
			}
			if err := p.bus.Now(p.t.Context(), subject.JobSync, task); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	testkit.Until(p.t, "a turn at every relay", func() bool {
		return testkit.Number(p.t, p.dsn, "SELECT count(*) FROM visit WHERE job = 'sync' AND started_at >= $1", began) == want
	})
}

// dials counts the connections to relays that hang.
func (f fairNetwork) dials() (n int) {
	for _, relay := range f[fairHangs] {
		n += relay.Ledger().Faults()[simrelay.FaultDead]
	}
	return n
}

// pauses returns how long each relay is left alone after its last turn.
func (p *pipeline) pauses() map[string]time.Duration {
	p.t.Helper()
	type row struct {
		URL   string
		Pause int64
	}
	pauses := map[string]time.Duration{}
	for _, r := range testkit.Rows[row](p.t, p.dsn, "SELECT url, next_at - ended_at FROM visit JOIN relay USING (relay_no) WHERE job = 'sync'") {
		pauses[r.URL] = time.Duration(r.Pause) * time.Second
	}
	return pauses
}

// checkGrowth compares the pauses of dead relays after two turns, of which each is spread by a tenth.
func (f fairNetwork) checkGrowth(t *testing.T, before, now map[string]time.Duration, sorts []fairSort) {
	t.Helper()
	for _, sort := range sorts {
		for _, relay := range f[sort] {
			if ratio := now[relay.URL()].Seconds() / before[relay.URL()].Seconds(); ratio < 1.7 || ratio > 2.3 {
				t.Errorf("%s: got a pause of %s after one of %s, want about twice", relay.Name(), now[relay.URL()], before[relay.URL()])
			}
		}
	}
}

// TestDeadRelaysHoldNobodyUp: 300 relays, of which 210 are dead and due first. Every live one has its turn; a dead one
// costs one dial, waits twice as long each time, and meanwhile nobody waits for it.
func TestDeadRelaysHoldNobodyUp(t *testing.T) {
	network := startFairNetwork(t)
	p := pipe(t, simrelay.Manners{}, nil, "SYNC_LIVE", "false", "SYNC_REQUIRE_READABLE", "true", "CLEARNET_CHECK_TIMEOUT", "1s",
		"CLEARNET_MAX_RELAYS", itoa(fairSlots), "RELAY_MAX_CONNECTIONS_PER_IP", "0")
	dead := []fairSort{fairHangs, fairRefuses, fairUnreadable}
	began := time.Now()
	network.round(p, append(dead, fairFine)...)
	t.Logf("first round, dead relays first: %s with %d slots", time.Since(began).Round(time.Millisecond), fairSlots)
	if n := testkit.Number(t, p.dsn, "SELECT count(*) FROM visit WHERE outcome = 'done'"); n != fairLive {
		t.Errorf("got %d relays walked, want %d", n, fairLive)
	}
	if got := network.dials(); got != fairDead {
		t.Errorf("got %d dials to %d relays that hang, want one each", got, fairDead)
	}
	before := p.pauses()
	for range 2 {
		network.round(p, dead...)
		now := p.pauses()
		network.checkGrowth(t, before, now, dead)
		before = now
	}
	if got := network.dials(); got != 3*fairDead {
		t.Errorf("got %d dials in three rounds to %d relays that hang, want %d", got, fairDead, 3*fairDead)
	}
	began = time.Now()
	network.round(p, fairFine)
	t.Logf("the live ones again, while the dead ones wait: %s", time.Since(began).Round(time.Millisecond))
	if got := network.dials(); got != 3*fairDead {
		t.Errorf("got %d dials in all, want %d: none while the dead ones wait", got, 3*fairDead)
	}
}
