package simrelay

import (
	"fmt"
	"strings"
)

// garbage are frames that no client may trip over.
var garbage = []string{
	"", "null", "[]", "{}", "42", `"EVENT"`, "not json at all", `["EVENT"]`, `["EVENT","?"]`, `["EVENT",1,2]`,
	`["EOSE"]`, `["EOSE","somebody-else"]`, `["NOTICE"]`, `["OK",true]`, `["UNKNOWN","x"]`, "[\"NOTICE\",{\"\xff\":\"\xfe\"}]",
	strings.Repeat("[", 20_000),
}

// before sends what comes ahead of the events: frames that are no messages, and a giant one.
func (a *answer) before(m *Manners) {
	if m.Garbage {
		for _, frame := range garbage {
			_ = a.session.write([]byte(frame)) // the events that follow meet the same socket
		}
		a.ledger.fired(FaultGarbage)
	}
	if m.GiantFrame > 0 {
		fill := strings.Repeat("a", m.GiantFrame)
		_ = a.session.write(fmt.Appendf(nil, `%s{"id":"%064x","content":"%s"}]`, a.sub.prefix, 1, fill))
		a.ledger.fired(FaultGiant)
	}
}

// outside adds events that the filters do not match.
func (a *answer) outside(m *Manners) bool {
	left := m.OutsideFilter
	if left == 0 {
		return true
	}
	for _, it := range a.relay.store.all() {
		if left > 0 && !it.hidden && !a.sub.matches(it) && a.event(it) {
			a.ledger.fired(FaultOutside)
			left--
		}
	}
	return true
}
