package publisher

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// putOff is the delay of a result that could not be published or recorded. A publish relay that is away is not asked before its
// back-off is over, however often the result comes.
const putOff = 2 * time.Second

var errWaited = errors.New("the publish relay was away meanwhile")

// discover publishes what one round found of a relay, if it answered.
func (p *Publisher) discover(ctx context.Context, t *target, check feed.Check) error {
	if t.await(ctx) {
		return bus.Retry(time.Millisecond, errWaited) // there may be a newer result by now
	}
	if !check.Answered() {
		count(kindDiscovery, outcomeSilent)
		return nil
	}
	documents, err := p.store.Documents(ctx, string(check.Relay), check.Vantage, check.CheckedAt)
	if err == nil {
		err = p.offer(ctx, t, check.Relay, discovery(Report{check, documents}, p.cfg.publishes), p.patience(check))
	}
	if err != nil && ctx.Err() == nil {
		return bus.Retry(putOff, err)
	}
	return err
}

// patience is the age at which an unchanged result is published again: before the heartbeat is missed, not after.
func (p *Publisher) patience(check feed.Check) time.Duration {
	if check.NextCheckAt.IsZero() {
		return p.cfg.Heartbeat
	}
	return p.cfg.Heartbeat - check.NextCheckAt.Sub(check.CheckedAt)
}

// offer publishes an event, unless the publish relay has the same one and it is not old yet. It is recorded before offer
// returns, so that a crash in between only publishes it again.
func (p *Publisher) offer(ctx context.Context, t *target, about relay.URL, d draft, maxAge time.Duration) error {
	last, known, err := p.last(ctx, t, about, d.kind)
	if err != nil {
		return err
	}
	if known && last.ContentHash == d.hash() && d.at.Sub(last.PublishedAt) < maxAge {
		count(d.kind, outcomeUnchanged)
		return nil
	}
	if err := t.pace.Wait(ctx); err != nil {
		return err
	}
	e := d.sign(p.key)
	ok, err := t.send(ctx, e)
	if err != nil {
		count(d.kind, outcomeAway)
		return p.away(ctx, t, err)
	}
	count(d.kind, verdict(ok))
	return p.record(context.WithoutCancel(ctx), t, about, d, e, ok)
}

// last is what the publish relay has. What this process said of the monitor itself it need not look up, and must not: the record
// may still be on its way.
func (p *Publisher) last(ctx context.Context, t *target, about relay.URL, kind uint16) (store.Publication, bool, error) {
	if about == "" {
		if told, ok := t.told[kind]; ok {
			return told, true, nil
		}
	}
	return p.store.Publication(ctx, p.key.PubKey(), kind, string(about), string(t.url))
}

// away says that a publish relay could not be asked, once until it could.
func (p *Publisher) away(ctx context.Context, t *target, err error) error {
	if ctx.Err() == nil && t.firstFailure() {
		p.log.Warn("Publish relay could not be asked; trying again", app.Relay, t.url, app.Reason, relay.ReasonOf(err))
	}
	return fmt.Errorf("publish to %s: %w", t.url, err)
}

func (p *Publisher) record(ctx context.Context, t *target, about relay.URL, d draft, e event.Event, ok relay.OK) error {
	hash, author := d.hash(), p.key.PubKey()
	m := &ingest.Publication{Relay: string(about), Target: string(t.url), Pubkey: author[:], Kind: uint32(d.kind),
		EventId: e.ID[:], ContentHash: hash[:], PublishedAt: time.Now().Unix(), Accepted: ok.Accepted || ok.Prefix == "duplicate"}
	if !m.Accepted {
		m.Reason = reason(ok)
	}
	if err := p.bus.Ingest(ctx, subject.IngestPublications, &ingest.Batch{Publications: []*ingest.Publication{m}}); err != nil {
		return fmt.Errorf("record a publication: %w", err)
	}
	if about == "" {
		t.told[d.kind] = store.Publication{ContentHash: hash, PublishedAt: time.Unix(m.PublishedAt, 0), Accepted: m.Accepted}
	}
	return nil
}

// reason is the machine-readable prefix of a refusal, of the set that package relay knows, or "refused".
func reason(ok relay.OK) string {
	if ok.Prefix == "" {
		return "refused"
	}
	return strings.ReplaceAll(ok.Prefix, "-", "_")
}

// Preview returns the event that would be published about a relay, signed by the configured key or, without one, by a new
// one. An error says why nothing would be.
func Preview(cfg Config, self Self, r Report) (event.Event, error) {
	key, err := cfg.key(self)
	if err != nil {
		return event.Event{}, err
	}
	if !r.Check.Answered() {
		return event.Event{}, errors.New("the relay did not answer in its last round of checks")
	}
	if key == nil {
		fresh := event.GenerateKey()
		key = &fresh
	}
	return discovery(r, cfg.publishes).sign(*key), nil
}
