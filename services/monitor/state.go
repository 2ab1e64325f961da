package monitor

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// downFailures in a row, over at least pace.downAfter, make a relay down; over pace.deadAfter, dead.
const downFailures = 3

// decide returns the state of a relay after a round at now that judge called seen. known says that there was a state
// before.
//
// An answer counts at once: up, authonly and blocked are what the relay just said. A failure counts when it lasts: until
// it has failed three times in a row over half an hour, the state before stands. A relay without a state begins with
// what is seen, so one that fails at first is down: nobody ever saw it up. For example, checked at
//
//	12:00 up, 13:00 failed, 13:12 failed, 13:36 failed → up, up, up, down since 13:36, failing since 13:00
func (p pace) decide(before store.State, known bool, seen string, now time.Time) store.State {
	after := store.State{State: seen, Since: before.Since, CheckedAt: now}
	if seen == down {
		after.Failures, after.FailingSince = before.Failures+1, before.FailingSince
		if after.FailingSince.IsZero() {
			after.FailingSince = now
		}
		after.State = p.failing(before.State, known, after.Failures, now.Sub(after.FailingSince))
	}
	if !known || after.State != before.State {
		after.Since = now
	}
	return after
}

// failing is the state of a relay that failed so often in a row, for so long.
func (p pace) failing(before string, known bool, failures int, lasting time.Duration) string {
	switch {
	case failures >= downFailures && lasting >= p.deadAfter:
		return dead
	case !known, failures >= downFailures && lasting >= p.downAfter && before != dead:
		return down
	}
	return before
}
