package synchronizer

import "errors"

// maxDoubts is how often an answer that cannot be true is asked for again.
const maxDoubts = 3

// errForgot says that a relay sends nothing where it sent events a moment ago, as one does whose
// database fails. That nothing is left there is not proven.
var errForgot = errors.New("relay sends nothing where it had events")

// memory is what the answer before held, and how much of that is asked for again.
type memory struct{ all, again, doubts int }

// doubt says whether an answer lacks everything that must be in it, so that it is asked for again.
func (m *memory) doubt(a *answer) (again bool, err error) {
	if m.again == 0 || len(a.events) > 0 {
		return false, nil
	}
	if m.doubts++; m.doubts > maxDoubts {
		return false, errForgot
	}
	return true, nil
}

// skips says whether an answer begins behind the second that it was to begin with, of which the answer before held events.
func (m *memory) skips(a *answer, start int64) bool {
	return m.all > 0 && m.again > 0 && a.within(Interval{Since: start, Until: start}) == 0
}

// compare learns that the answer before was cut when this one holds more than what both share.
func (m *memory) compare(manners *manners, a *answer, limit int) {
	if m.all > 0 && len(a.events) > m.again {
		manners.learnCut(m.all, limit)
	}
}

// keep remembers an answer for the next question. One to a narrowed question says nothing.
func (m *memory) keep(a *answer, whole bool, next Interval) {
	if *m = (memory{}); whole {
		*m = memory{all: len(a.events), again: a.within(next)}
	}
}
