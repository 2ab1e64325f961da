package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// revocation takes proofs back.
type revocation struct {
	relay, filter string
	Interval
	on   time.Time // proofs of later days stay
	from int
}

func (p *plan) addRevocation(m *ingest.Revocation, from int) {
	at := min(p.seconds(m.RevokedAt), p.seconds(0))
	r := revocation{m.Relay, plain(m.Filter), Interval{max(m.Since, 0), min(m.Until, p.opts.Now.Unix())}, day(at), from}
	if r.Since <= r.Until {
		p.revocations = append(p.revocations, r)
	}
}

// probeRevoked returns what the revocations take from which rows of coverage.
func (a *apply) probeRevoked(ctx context.Context) (revoked intervalRows, err error) {
	if len(a.plan.revocations) == 0 {
		return revoked, nil
	}
	var urls []string
	var sums [][]byte
	var days []time.Time
	var since, until []int64
	for _, r := range a.plan.revocations {
		sum := sha256.Sum256([]byte(r.filter))
		urls, sums, days = append(urls, r.relay), append(sums, sum[:]), append(days, r.on)
		since, until = append(since, r.Since), append(until, r.Until)
	}
	var key coverageKey
	var i Interval
	err = a.query(ctx, "revoked_coverage", []any{&key.relay, &key.filter, &key.proof, &key.day, &i.Since, &i.Until},
		func() { revoked.add(key, i) }, urls, sums, days, since, until)
	return revoked, err
}

// standing returns what is left of a page's interval after the revocations of later batches: they speak of proofs that
// were there before them, also of one that is written beside them.
func (a *apply) standing(pg *page) []Interval {
	left := []Interval{{pg.since, pg.until}}
	for _, r := range a.plan.revocations {
		if r.from > pg.from && r.relay == pg.relay && r.filter == pg.filter && !a.dayOf(pg).After(r.on) {
			left = without(left, r.Interval)
		}
	}
	return left
}

// without takes an interval away from others.
func without(from []Interval, gone Interval) (left []Interval) {
	for _, i := range from {
		if gone.Until < i.Since || i.Until < gone.Since {
			left = append(left, i)
			continue
		}
		if i.Since < gone.Since {
			left = append(left, Interval{i.Since, gone.Since - 1})
		}
		if gone.Until < i.Until {
			left = append(left, Interval{gone.Until + 1, i.Until})
		}
	}
	return left
}
