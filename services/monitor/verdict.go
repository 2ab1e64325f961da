package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// verdict is what a round comes to: what it saw, the state after it, and when to look again.
type verdict struct {
	seen     string
	after    store.State // of a degraded round: the one before
	next     time.Time
	reason   string // why the relay is not up, a token
	degraded bool   // our own vantage was at fault: the round says nothing of the relay
}

// verdict judges a round. What failed is held against the relay only if our canaries answer: by the last look at them,
// or, where the relay's state would change, by one that began after the round. Nor is it where a relay has only IPv6 addresses
// and nothing shows that we have IPv6.
func (m *Monitor) verdict(ctx context.Context, r *round, before store.State, known bool) verdict {
	interval := m.cfg.interval(r.url.Network())
	v := verdict{seen: judge(r.failure("open"), r.failure("read"), r.challenged, r.url.Secure())}
	v.after = m.pace.decide(before, known, v.seen, r.at)
	v.next, v.reason = m.pace.next(v.after, interval), r.reason()
	if v.seen != down && v.seen != blocked {
		return v
	}
	since := time.Now().Add(-m.pace.look)
	if v.after.State != before.State {
		since = time.Now()
	}
	if errors.Is(r.failure(document.IPv6), errNoSix) || !m.canaries[r.url.Network()].soundSince(ctx, since) {
		return verdict{seen: v.seen, after: before, next: m.pace.soon(before, r.at, interval), reason: v.reason, degraded: true}
	}
	return v
}

// reason is why strangers are not served, and "" where they are.
func (r *round) reason() string {
	if err := r.failure("open"); err != nil {
		return reasonOf(err)
	}
	return reasonOf(r.failure("read"))
}

// mark adds the verdict to a report. The documents of a degraded round may be anybody's.
func (v verdict) mark(batch *ingest.Batch) *ingest.Batch {
	for _, c := range batch.Checks {
		c.Reason, c.Degraded = v.reason, v.degraded
		if v.degraded {
			c.Documents = nil
		}
	}
	return batch
}
