package synchronizer

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// learn takes the relay's manners from the archive, or probes them and says so: with questions for everything, or else with
// a filter that is archived.
func (s *Synchronizer) learn(ctx context.Context, a *asker, fallback event.Filter) (probed bool, err error) {
	stored, err := s.store.Manners(ctx, string(a.url))
	if err != nil {
		return false, err
	}
	now := time.Now()
	if stored != nil && now.Sub(time.Unix(stored.ProbedAt, 0)) < s.cfg.trust(stored.Order) {
		a.manners = mannersFrom(stored)
		if a.manners.pageLimit > 0 {
			a.limit = min(a.limit, a.manners.pageLimit)
		}
		return false, nil
	}
	a.filter = event.Filter{} // not that of the last walk
	if a.manners, err = probe(ctx, a, now); tooDemanding(err) && fallback.Canonical() != a.filter.Canonical() {
		a.filter = fallback // some relays answer no question for everything
		a.manners, err = probe(ctx, a, now)
	}
	return true, err
}

// distrusted is how long manners without an order are believed: walking by halves is dear, and an
// answer may have contradicted the order only once.
const distrusted = time.Hour

// trust says how long manners are believed.
func (c Config) trust(order string) time.Duration {
	if order == orderNone {
		return min(distrusted, c.MannersAge)
	}
	return c.MannersAge
}

// remember stores what was probed, or that an answer contradicted it. It is dated after what the turn began with, also within
// the same second, or the writer would leave the old manners in place.
func (s *Synchronizer) remember(ctx context.Context, a *asker) error {
	if a.unusual() {
		return nil
	}
	learned := a.manners.message(string(a.url), s.network.Vantage, max(time.Now().Unix(), a.manners.probedAt+1))
	return s.publish(ctx, subject.IngestManners, &ingest.Batch{Manners: []*ingest.Manners{learned}})
}
