package agreement

import (
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const (
	// Quorum is how many monitors must say the same.
	Quorum = 2
	// Fresh is how old an event may be: monitors repeat themselves once a day at the least.
	Fresh = 25 * time.Hour
	// ahead is how far an event may be dated after now.
	ahead = 10 * time.Minute
)

// Agreement is what monitors of others say of a relay, beside our own checks.
type Agreement struct {
	Monitors     int           // whose events are there, fresh or not
	Reached      int           // who reached it lately
	LastAt       time.Time     // the newest of the fresh ones
	Open         time.Duration // median of rtt-open of a quorum, 0 = no quorum says one
	NIPs         []string      // of a quorum, sorted
	Requirements []string      // of a quorum, sorted; where both sides have one, neither
}

// Up says whether enough of them reached it. That they did not says nothing: a relay that is down has no event, and one
// that they do not watch neither.
func (a Agreement) Up() bool { return a.Reached >= Quorum }

// Of finds what is agreed on. Of several claims of one monitor the newest counts; ours are left out.
func Of(claims []Claim, ours event.PubKey, now time.Time) Agreement {
	newest := map[event.PubKey]Claim{}
	for _, c := range claims {
		if c.Monitor != ours && !c.At.After(now.Add(ahead)) && c.At.After(newest[c.Monitor].At) {
			newest[c.Monitor] = c
		}
	}
	a := Agreement{Monitors: len(newest)}
	var times []time.Duration
	nips, requirements := map[string]int{}, map[string]int{}
	for _, c := range newest {
		if now.Sub(c.At) > Fresh {
			continue
		}
		a.Reached++
		if c.At.After(a.LastAt) {
			a.LastAt = c.At
		}
		if c.Open > 0 {
			times = append(times, c.Open)
		}
		count(nips, c.NIPs)
		count(requirements, c.Requirements)
	}
	if len(times) >= Quorum {
		slices.Sort(times)
		a.Open = times[len(times)/2]
	}
	a.NIPs, a.Requirements = quorum(nips, nil), quorum(requirements, opposite)
	return a
}

func count(votes map[string]int, values []string) {
	for _, v := range values {
		votes[v]++
	}
}

// quorum lists what enough monitors say, but nothing of which enough say the opposite.
func quorum(votes map[string]int, opposite func(string) string) []string {
	agreed := []string{}
	for value, n := range votes {
		if n >= Quorum && (opposite == nil || votes[opposite(value)] < Quorum) {
			agreed = append(agreed, value)
		}
	}
	slices.Sort(agreed)
	return agreed
}

func opposite(requirement string) string {
	if requirement[0] == '!' {
		return requirement[1:]
	}
	return "!" + requirement
}
