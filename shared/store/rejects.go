package store

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// maxRejects bounds the reasons of one turn.
const maxRejects = 200

// writeRejects adds what turns refused to what their relays are known for. Every turn counts, not only a relay's last one.
func (a *apply) writeRejects(ctx context.Context) error {
	var relays []int32
	var jobs, reasons []string
	var started, events []int64
	for _, m := range a.plan.turns {
		left := maxRejects
		for reason, n := range m.Rejected {
			if left--; left < 0 {
				break
			}
			relays, jobs = append(relays, a.relays[m.Relay]), append(jobs, short(m.Job, maxName))
			started, reasons = append(started, m.StartedAt), append(reasons, short(reason, maxToken))
			events = append(events, large(n))
		}
	}
	if len(relays) == 0 {
		return nil
	}
	return a.exec(ctx, "insert_rejects", relays, jobs, started, reasons, events)
}

func (p *plan) addTurn(m *ingest.Visit) {
	if len(m.Rejected) > 0 {
		p.turns = append(p.turns, m)
	}
}
