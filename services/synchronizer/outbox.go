package synchronizer

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// maxHeldBack is how many pages wait at most: 16 MB.
const maxHeldBack = 32

// outbox puts the pages of a turn on INGEST, each acknowledged before the next. While the first answer of the relay is watched
// it holds them back; what it holds when that turns out to have ended too early is never handed over.
type outbox struct {
	*Synchronizer
	asker *asker
	held  []*ingest.Page
}

func (o *outbox) put(ctx context.Context, page *ingest.Page) error {
	if o.held = append(o.held, page); o.asker.unsettled() && len(o.held) < maxHeldBack {
		return nil
	}
	return o.flush(ctx)
}

// flush hands over what is held back, as soon as that may be.
func (o *outbox) flush(ctx context.Context) error {
	if err := o.asker.settle(ctx); err != nil {
		return err
	}
	for len(o.held) > 0 {
		if err := o.publish(ctx, subject.IngestPages, &ingest.Batch{Pages: o.held[:1:1]}); err != nil {
			return err
		}
		o.held = o.held[1:]
	}
	return nil
}
