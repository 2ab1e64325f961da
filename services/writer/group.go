package writer

import (
	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// group is the messages that one transaction writes.
type group struct {
	deliveries []*bus.Delivery
	batches    []*ingest.Batch
	again      []bool // the message may have been written before: its facts are published again
	events     int
}

func (g *group) add(d *bus.Delivery, batch *ingest.Batch, again bool) {
	g.deliveries = append(g.deliveries, d)
	g.batches = append(g.batches, batch)
	g.again = append(g.again, again)
	g.events += events(batch)
}

// doubt notes that a transaction may have been committed although its answer was lost: what it brought is told again.
func (g *group) doubt() {
	for i := range g.again {
		g.again[i] = true
	}
}

// singles returns a group for each message.
func (g *group) singles() []*group {
	singles := make([]*group, len(g.deliveries))
	for i, d := range g.deliveries {
		singles[i] = &group{}
		singles[i].add(d, g.batches[i], g.again[i])
	}
	return singles
}

// events counts the events of a batch; whatever else it holds counts as one.
func events(batch *ingest.Batch) int {
	n := 1
	for _, page := range batch.Pages {
		n += len(page.Events)
	}
	for _, one := range batch.Imports {
		n += len(one.Events)
	}
	return n
}

// groups decodes deliveries and puts them into groups of at most BatchEvents events, in their order. Those that cannot
// be decoded get a verdict.
func (w *Writer) groups(deliveries []*bus.Delivery, verdicts map[*bus.Delivery]error) []*group {
	var groups []*group
	g := &group{}
	for _, d := range deliveries {
		batch, err := w.decode(d)
		if err != nil {
			verdicts[d] = err
			continue
		}
		if len(g.batches) > 0 && g.events+events(batch) > w.cfg.BatchEvents {
			groups = append(groups, g)
			g = &group{}
		}
		g.add(d, batch, d.Deliveries != 1 || d.Seq <= w.suspect.Load())
	}
	if len(g.batches) > 0 {
		groups = append(groups, g)
	}
	return groups
}
