package store

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// stateDegraded is what relay_transition says of a round in which our own vantage was at fault.
const stateDegraded = "degraded"

// lookAgain is the distance of two rounds for a report that does not name the next one, in seconds.
const lookAgain = 3600

// writeTransitions grows the histories of states. Of several rounds of one relay in a transaction, which come in the
// order of their time, each statement takes the oldest that is left.
func (a *apply) writeTransitions(ctx context.Context, checks []*ingest.Check) error {
	for len(checks) > 0 {
		var first, rest []*ingest.Check
		taken := map[outlook]bool{}
		for _, c := range checks {
			if at := a.outlook(c); taken[at] {
				rest = append(rest, c)
			} else {
				first, taken[at] = append(first, c), true
			}
		}
		if err := a.writeFirstTransitions(ctx, first); err != nil {
			return err
		}
		checks = rest
	}
	return nil
}

func (a *apply) writeFirstTransitions(ctx context.Context, checks []*ingest.Check) error {
	var relays []int32
	var vantages, states []string
	var times, until []int64
	var failing []bool
	var reasons []*string
	for _, c := range checks {
		state := c.State
		if c.Degraded {
			state = stateDegraded
		}
		if state == "" {
			continue
		}
		at := a.outlook(c)
		relays, vantages, times = append(relays, at.relay), append(vantages, at.vantage), append(times, c.CheckedAt)
		states, failing = append(states, state), append(failing, c.Failures > 0 && !c.Degraded)
		reasons, until = append(reasons, orNull(short(c.Reason, maxToken))), append(until, seenUntil(c))
	}
	if len(relays) == 0 {
		return nil
	}
	return a.exec(ctx, "insert_transitions", relays, vantages, times, states, failing, reasons, until)
}

// writeToldTransitions adds what imports tell of the histories of states.
func (a *apply) writeToldTransitions(ctx context.Context) error {
	told := a.plan.transitions
	if len(told) == 0 {
		return nil
	}
	var relays []int32
	var vantages, states []string
	var at, seen, until []int64
	var failing []bool
	var reasons []*string
	for _, t := range told {
		relays, vantages, at = append(relays, a.relays[t.Relay]), append(vantages, short(t.Vantage, maxToken)), append(at, t.At)
		states, failing = append(states, t.State), append(failing, t.Failing)
		reasons = append(reasons, orNull(short(t.Reason, maxToken)))
		seen, until = append(seen, t.SeenAt), append(until, t.SeenUntil)
	}
	return a.exec(ctx, "insert_told_transitions", relays, vantages, at, states, failing, reasons, seen, until)
}

// seenUntil is until when a round may stand for what came after it: the next one may be late by the distance again.
func seenUntil(c *ingest.Check) int64 {
	distance := c.NextCheckAt - c.CheckedAt
	if distance <= 0 {
		distance = lookAgain
	}
	return c.CheckedAt + 2*distance
}
