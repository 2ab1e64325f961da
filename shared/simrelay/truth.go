package simrelay

import "github.com/bigbrotr/bigbrotr-go/shared/event"

// Outcome says how much of what a relay holds an archive can prove to have.
type Outcome string

// The outcomes.
const (
	Complete  Outcome = "complete"  // everything, in spite of its manners
	Truncated Outcome = "truncated" // some of it; the rest must be recorded as missing, never as complete
	None      Outcome = "none"      // nothing; the reason must be recorded
)

// Expect is what an archive can get from a relay. Reason is empty for Complete, for None the class of the failure.
type Expect struct {
	Outcome Outcome
	Reason  string
}

// Pair is one event on one relay.
type Pair struct {
	ID  event.ID
	URL string
}

// Truth is what an archive that did its work must hold, and the most that it may hold.
type Truth struct {
	Events   map[event.ID]struct{} // ids that at least one complete relay serves
	Pairs    map[Pair]struct{}     // what complete relays serve without AUTH: all of it must be archived
	Possible map[Pair]struct{}     // what any relay ever sends genuinely: a pair that is not here was invented
}

// Truth computes the ground truth from what the relays hold at this moment.
func (n *Network) Truth() Truth {
	t := Truth{Events: map[event.ID]struct{}{}, Pairs: map[Pair]struct{}{}, Possible: map[Pair]struct{}{}}
	for _, m := range n.Members {
		if m.mute() {
			continue
		}
		for id := range m.Genuine() {
			t.note(Pair{id, m.URL()}, m.Expect.Outcome == Complete)
		}
	}
	return t
}

func (t *Truth) note(p Pair, certain bool) {
	t.Possible[p] = struct{}{}
	if certain {
		t.Pairs[p] = struct{}{}
		t.Events[p.ID] = struct{}{}
	}
}

// mute reports whether no client ever gets an event from the relay.
func (m *Member) mute() bool {
	c := &m.manners
	return c.Dead != Alive || c.NoticeOnly || c.ClosedPrefix != "" || c.AuthRestricted
}
