package importer

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// load is a piece of a source on its way to INGEST.
type load struct {
	check func() outcome // on whatever core is free
	after []byte         // the place behind it
	clean bool           // handed over only if nothing was refused before
	out   outcome
	ready chan struct{} // closed when out is there
}

// outcome is what became of a load.
type outcome struct {
	batches []*ingest.Batch
	tally   tally
}

// flow reads, checks on all cores and hands over in the order of the source, each at its own pace; a load is remembered
// only after all before it.
//
//	read ─► check ┐
//	     ─► check ├─► hand over ─► remember
//	     ─► check ┘
func (im *Importer) flow(ctx context.Context, r *run, at place) error {
	cores := runtime.GOMAXPROCS(0)
	unchecked, inOrder := make(chan *load), make(chan *load, 2*cores)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(unchecked)
		defer close(inOrder)
		return r.source.Read(groupCtx, at.At, func(l *load) error { return enter(groupCtx, l, inOrder, unchecked) })
	})
	for range cores {
		group.Go(func() error {
			for l := range unchecked {
				l.out = l.check()
				close(l.ready)
			}
			return nil
		})
	}
	keeper := im.keeper(r)
	group.Go(func() error { return im.handOver(groupCtx, r, inOrder, keeper) })
	err := group.Wait()
	return keeper.end(context.WithoutCancel(ctx), err)
}

// enter takes a place in the order first, then a core.
func enter(ctx context.Context, l *load, queues ...chan<- *load) error {
	l.ready = make(chan struct{})
	for _, queue := range queues {
		select {
		case queue <- l:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (im *Importer) handOver(ctx context.Context, r *run, inOrder <-chan *load, k *keeper) error {
	for l := range inOrder {
		select {
		case <-l.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		if l.clean && r.report.Refusals() > 0 {
			l.out = l.out.held()
		}
		for _, batch := range l.out.batches {
			r.bound(batch)
			if err := im.hand(ctx, batch); err != nil {
				return err
			}
		}
		r.count(l.out.tally)
		if err := k.passed(ctx, l.after); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// held is what becomes of a load that is not handed over.
func (o outcome) held() outcome {
	return outcome{tally: tally{lines: o.tally.lines, skipped: map[string]int64{skippedUnclean: o.tally.lines}, refused: o.tally.refused}}
}

// skippedUnclean is of rows that speak of others of which some were refused.
const skippedUnclean = "coverage of what was refused"

// maxQuarantined bounds what one run sends to quarantine: a file of garbage is no reason to copy it.
const maxQuarantined = 1000

// bound leaves out of a batch what is too much for quarantine; it is counted all the same.
func (r *run) bound(batch *ingest.Batch) {
	for _, m := range batch.Imports {
		m.Refused = m.Refused[:min(len(m.Refused), maxQuarantined-r.quarantined)]
		r.quarantined += len(m.Refused)
	}
}
