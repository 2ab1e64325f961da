package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// sink hands the pages of one turn to the writer and counts them.
type sink struct {
	*Synchronizer
	relay  string
	filter string
	visit  *ingest.Visit
}

// prove sorts the events of an answer, cuts them into pages and puts these on INGEST, each
// acknowledged before the next. A full or absent stream is waited for: the socket is not read
// meanwhile, and no interval moves.
func (s *sink) prove(ctx context.Context, a *answer, iv Interval, proof ingest.Proof) error {
	fresh, old, forged, err := s.verifier.sort(ctx, a.events)
	if err != nil {
		return err
	}
	s.count(a, fresh, old, forged, proof)
	head := &ingest.Page{Relay: s.relay, Vantage: s.network.Vantage, Filter: s.filter, Proof: proof, SeenAt: time.Now().Unix()}
	for _, page := range cut(head, iv, fresh, old) {
		if err := s.publish(ctx, subject.IngestPages, &ingest.Batch{Pages: []*ingest.Page{page}}); err != nil {
			return err
		}
	}
	return nil
}

// publish repeats until INGEST acknowledged the batch or ctx ended.
func (s *Synchronizer) publish(ctx context.Context, to string, batch *ingest.Batch) error {
	for try := 0; ; try++ {
		err := s.bus.Ingest(ctx, to, batch)
		if err == nil || errors.Is(err, bus.ErrTooLarge) || ctx.Err() != nil {
			return err
		}
		if try == 0 {
			s.log.Warn("A page waits for the ingest stream", app.Subject, to, app.Err, err)
		}
		if !app.Sleep(ctx, app.Jitter(min(time.Second<<min(try, 5), 30*time.Second), pauseSpread)) {
			return ctx.Err()
		}
	}
}

func (s *sink) count(a *answer, fresh, old []*event.Event, forged int, proof ingest.Proof) {
	v := s.visit
	v.Pages++
	v.NewEvents += uint64(len(fresh))
	v.KnownEvents += uint64(len(old))
	pagesProven.WithLabelValues(proof.String()).Inc()
	eventsHanded.WithLabelValues("new").Add(float64(len(fresh)))
	eventsHanded.WithLabelValues("known").Add(float64(len(old)))
	s.reject(rejectedSignature, forged)
	for reason, n := range a.rejected {
		s.reject(reason, n)
	}
}

func (s *sink) reject(reason string, n int) {
	if n > 0 {
		s.visit.Rejected[reason] += uint64(n)
		eventsRejected.WithLabelValues(reason).Add(float64(n))
	}
}
