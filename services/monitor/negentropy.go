package monitor

import (
	"context"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Bounds of the trial of NIP-77.
const (
	reconciled  = 100 // events of the page, the newest
	maxNeed     = 5000
	maxNegBytes = 1 << 20
)

// negentropy reconciles the newest stretch of the page with nothing, and wants to be offered what the relay has just sent
// (NIP-77): some offer their newest events only, and say nothing of the others.
func (t *trial) negentropy(ctx context.Context, conn *relay.Conn) error {
	if len(t.events) == 0 {
		return errUntried
	}
	since, until := t.stretch()
	client := negentropy.NewClient(negentropy.NewSet(nil), negentropy.Limits{Need: maxNeed})
	request := relay.NegRequest{Filter: event.Filter{Since: &since, Until: &until}, Idle: t.idle, MaxBytes: maxNegBytes}
	if _, err := conn.Negotiate(ctx, request, client.Open(), client.Take); err != nil {
		return err
	}
	offered := map[event.ID]bool{}
	for _, id := range client.Need() {
		offered[id] = true
	}
	for i := range t.events {
		if e := &t.events[i]; e.CreatedAt >= since && !offered[e.ID] {
			return errWrong
		}
	}
	return nil
}

// stretch is the time of the newest events of the page.
func (t *trial) stretch() (since, until int64) {
	sorted := slices.SortedFunc(slices.Values(t.events), byTime)
	return sorted[max(len(sorted)-reconciled, 0)].CreatedAt, sorted[len(sorted)-1].CreatedAt
}
