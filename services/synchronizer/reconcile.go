package synchronizer

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	// maxNeed bounds the bodies that one reconciled window may fetch.
	maxNeed = 4_000
	// maxNegBytes bounds what a relay may send about one window: 64 hex digits for each of maxHeld ids, twice.
	maxNegBytes = 2 * 64 * maxHeld
	// spotChecks is how many ids that a relay only claims to have are fetched, to see whether it does.
	spotChecks = 5
)

var (
	// errTooMany says that a window is to be split: it holds more than one exchange may.
	errTooMany = errors.New("window holds too many events")
	// errUnfit says that a relay's NIP-77 contradicts its own answers.
	errUnfit = errors.New("reconciliation contradicts the relay's answers")
)

// reconcile covers an interval by comparing ids (NIP-77), in windows from the newest end: what both
// have costs a fingerprint, what only the relay has is fetched by id, and what it lacks is asked for
// by id before it counts as dropped. A relay whose word does not hold is walked page by page.
func (w *walker) reconcile(ctx context.Context, iv Interval) error {
	width := iv.Until - iv.Since
	for rest := iv; rest.Since <= rest.Until; {
		window := Interval{Since: max(rest.Since, rest.Until-width), Until: rest.Until}
		switch err := w.window(ctx, window); {
		case errors.Is(err, errTooMany) && window.Since == window.Until:
			if err := w.byPages(ctx, window); err != nil {
				return err
			}
		case errors.Is(err, errTooMany):
			width = (window.Until - window.Since) / 2
			continue
		case errors.Is(err, errUnfit) || refusal(err):
			w.manners.negentropy = false
			return w.cover(ctx, rest)
		case err != nil:
			return err
		}
		rest.Until = window.Since - 1
		width = min(2*width+1, iv.Until-iv.Since)
	}
	return nil
}

// window reconciles one window and proves it.
func (w *walker) window(ctx context.Context, iv Interval) error {
	if err := w.turnIsOver(); err != nil {
		return err
	}
	askedAt := time.Now().Unix()
	held, err := w.prove.held(ctx, iv)
	if err != nil {
		return err
	}
	lacking, need, err := w.compare(ctx, iv, held)
	if err != nil {
		return err
	}
	claimed, wanted, err := w.sortNeed(ctx, need)
	if err != nil {
		return err
	}
	checks, both := spotCheck(agreed(held, lacking))
	wanted = append(wanted, checks...)
	got, unserved, err := w.fetch(ctx, iv, wanted)
	switch {
	case err != nil:
		return err
	case unserved > 0: // hidden from us, or a lie: what the relay serves is what counts
		return w.byPages(ctx, iv)
	}
	missing, err := w.confirm(ctx, iv, held, lacking)
	if err != nil {
		return err
	}
	both = slices.Concat(both, claimed)
	if err := w.nothingBefore(ctx, iv, held, &got, both); err != nil {
		return err
	}
	got.askedAt = askedAt
	return w.prove.reconciled(ctx, &got, iv, both, missing)
}

// nothingBefore asks for what is older than all that the relay offered and we know the time of. Anything else there says
// that the offer was not the whole: a relay may offer so many of its newest events and no more.
func (w *walker) nothingBefore(ctx context.Context, iv Interval, held []store.Held, got *answer, both []event.ID) error {
	offered, end := idSet(both), iv.Until+1
	for _, h := range held {
		if _, ok := offered[h.ID]; ok {
			end = min(end, h.CreatedAt)
		}
	}
	for i := range got.events {
		offered[got.events[i].ID] = struct{}{}
		end = min(end, got.events[i].CreatedAt)
	}
	if end <= iv.Since {
		return nil
	}
	a, err := w.asker.ask(ctx, question{Interval: Interval{Since: iv.Since, Until: end - 1}})
	switch {
	case errors.Is(err, errTooMuch) || tooLarge(err):
		return errUnfit
	case err != nil:
		return err
	}
	if slices.ContainsFunc(a.events, func(e event.Event) bool { _, ok := offered[e.ID]; return !ok }) {
		return errUnfit
	}
	return nil
}

// compare runs the exchange and returns which of ours the relay lacks and which of its ids we lack.
func (w *walker) compare(ctx context.Context, iv Interval, held []store.Held) (lacking, need []event.ID, err error) {
	items := make([]negentropy.Item, len(held))
	for i, h := range held {
		items[i] = negentropy.Item{CreatedAt: h.CreatedAt, ID: h.ID}
	}
	client, err := w.negotiate(ctx, w.question(question{Interval: iv}), items)
	if err != nil {
		return nil, nil, err
	}
	return client.Have(), client.Need(), nil
}

// negotiate exchanges messages about a filter until both sides know what differs.
func (a *asker) negotiate(ctx context.Context, filter event.Filter, items []negentropy.Item) (client *negentropy.Client, err error) {
	set := negentropy.NewSet(items)
	err = a.insist(ctx, func() error {
		return a.spoken(ctx, func(ctx context.Context) (int, error) {
			client = negentropy.NewClient(set, negentropy.Limits{Need: maxHeld})
			request := relay.NegRequest{Filter: filter, Idle: a.idle, MaxBytes: maxNegBytes}
			said, err := a.conn.Negotiate(ctx, request, client.Open(), client.Take)
			return said.Bytes, negError(err)
		})
	})
	return client, err
}

// negError tells a window that is too large from a relay that cannot be reconciled with.
func negError(err error) error {
	failure, asked := errors.AsType[*relay.Error](err)
	switch {
	case errors.Is(err, negentropy.ErrTooMany):
		return errTooMany
	case asked && (failure.Class == relay.ClassFlood || failure.Class == relay.ClassTooLarge):
		return errTooMany
	case asked && failure.Class == relay.ClassNegErr && failure.Prefix == "blocked":
		return errTooMany
	case asked && failure.Class == relay.ClassNegErr, !asked && protocolFault(err):
		return errUnfit
	}
	return err
}

// protocolFault says whether a relay does not keep to NIP-77's wire format.
func protocolFault(err error) bool {
	_, version := errors.AsType[*negentropy.VersionError](err)
	for _, fault := range []error{negentropy.ErrMalformed, negentropy.ErrTooLarge, negentropy.ErrRounds, negentropy.ErrOver} {
		version = version || errors.Is(err, fault)
	}
	return version
}

// sortNeed splits ids that the relay has into those that are archived already, of which a few are
// fetched to see whether it tells the truth, and those whose bodies are wanted.
func (w *walker) sortNeed(ctx context.Context, need []event.ID) (claimed, wanted []event.ID, err error) {
	archived, err := w.prove.archived(ctx, need)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range need {
		if _, ok := archived[id]; ok {
			claimed = append(claimed, id)
		} else {
			wanted = append(wanted, id)
		}
	}
	if len(wanted) > maxNeed {
		return nil, nil, errTooMany
	}
	checks, claimed := spotCheck(claimed)
	return claimed, append(wanted, checks...), nil
}

// spotCheck takes a few ids out that are fetched although we have them: a relay may say that it has what it has not.
func spotCheck(ids []event.ID) (checks, rest []event.ID) {
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	n := min(spotChecks, len(ids))
	return ids[:n:n], ids[n:]
}

// confirm asks for the events by id that the relay seems to lack. If it serves one, its offer was
// not the whole: a relay that offers its newest events only says nothing of the others.
func (w *walker) confirm(ctx context.Context, iv Interval, held []store.Held, lacking []event.ID) ([]store.Held, error) {
	got, _, err := w.fetch(ctx, iv, lacking)
	if err != nil {
		return nil, err
	}
	if len(got.events) > 0 {
		return nil, errUnfit
	}
	gone := idSet(lacking)
	return slices.DeleteFunc(slices.Clone(held), func(h store.Held) bool { _, ok := gone[h.ID]; return !ok }), nil
}

// agreed returns the ids that both sides have.
func agreed(held []store.Held, lacking []event.ID) []event.ID {
	gone := idSet(lacking)
	var both []event.ID
	for _, h := range held {
		if _, ok := gone[h.ID]; !ok {
			both = append(both, h.ID)
		}
	}
	return both
}

func idSet(ids []event.ID) map[event.ID]struct{} {
	set := make(map[event.ID]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return set
}
