package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	// auditLimit is how many events a sample asks for.
	auditLimit = 50
	// auditEvery is how often a process sees whether the day's samples were drawn.
	auditEvery = 15 * time.Minute
	// auditDone is the key under which the day of the last draw is kept.
	auditDone = "sync.audit"
)

// audit fetches the samples of the task again: settled history, from a random point backwards. What
// comes and is not in the archive should not exist, so the proof of its stretch is taken back and
// the stretch is walked anew.
func (x *session) audit(ctx context.Context, w *walker, visit *ingest.Visit) error {
	for _, sample := range x.task.Audit {
		filter, err := event.ParseFilter([]byte(sample.Filter))
		if err != nil {
			continue // ours once; the settings have changed
		}
		sink := &sink{Synchronizer: x.Synchronizer, out: x.out, relay: string(w.url), filter: filter, visit: visit}
		w.asker.filter, w.prove = filter, sink
		missed, err := w.sample(ctx, sample, sink)
		if err != nil {
			samplesAudited.WithLabelValues("unanswered").Inc()
			return err
		}
		if missed == 0 {
			samplesAudited.WithLabelValues("kept").Inc()
			continue
		}
		samplesAudited.WithLabelValues("missed").Inc()
		x.log.Warn("Settled history lacked events; its proof is taken back", app.Relay, app.Quote(x.task.URL), app.New, missed)
		if err := x.revoke(ctx, sample); err != nil {
			return err
		}
	}
	return nil
}

// sample asks for what stands at and before a point, hands it over, and returns how much of it the
// archive did not have.
func (w *walker) sample(ctx context.Context, sample bus.Sample, sink *sink) (missed int, err error) {
	limit := w.limit
	w.limit = min(auditLimit, limit)
	defer func() { w.limit = limit }()
	a, err := w.asker.ask(ctx, question{Interval: Interval{Since: sample.Since, Until: sample.Until}})
	if err != nil {
		return 0, passOver(err)
	}
	before := sink.visit.NewEvents
	err = sink.prove(ctx, &a, Interval{Since: 1, Until: 0}, ingest.Proof_PROOF_NONE)
	return int(sink.visit.NewEvents - before), err
}

func (x *session) revoke(ctx context.Context, sample bus.Sample) error {
	return x.publish(ctx, subject.IngestPages, &ingest.Batch{Revocations: []*ingest.Revocation{{
		Relay: x.task.URL, Vantage: x.network.Vantage, Filter: sample.Filter, Since: sample.Since, Until: sample.Until,
		RevokedAt: time.Now().Unix(), Reason: "audit",
	}}})
}

// draw chooses each day's samples of all settled history and puts them into the tasks of their
// relays. One process draws; a day that nobody drew is not made up for.
func (s *Synchronizer) draw(ctx context.Context) error {
	for app.Sleep(ctx, app.Jitter(auditEvery, 0.5)) {
		err := s.drawToday(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			s.log.Warn("The day's audit was put off", app.Err, err)
		}
	}
	return nil
}

func (s *Synchronizer) drawToday(ctx context.Context, now time.Time) error {
	lease, err := s.bus.Lease(ctx, "audit")
	if _, held := errors.AsType[*bus.HeldError](err); held {
		return nil
	}
	if err != nil {
		return err
	}
	defer lease.Release()
	today := now.UTC().Format(time.DateOnly)
	if day, _, err := s.bus.Get(ctx, auditDone); err != nil || string(day) == today {
		return err
	}
	samples, err := s.store.AuditSamples(ctx, s.cfg.Audit, midnight(now), s.cfg.Lookback)
	if err != nil {
		return fmt.Errorf("draw samples of settled history: %w", err)
	}
	for _, task := range auditTasks(samples) {
		if err := s.bus.Now(ctx, subject.JobSync, *task); err != nil {
			return err
		}
	}
	return s.bus.Put(ctx, auditDone, []byte(today))
}

// auditTasks puts the samples into one task for each relay, as far as they fit.
func auditTasks(samples []store.AuditSample) map[string]*bus.Task {
	tasks, room := map[string]*bus.Task{}, map[string]int{}
	for _, sample := range samples {
		task := tasks[sample.Relay]
		if task == nil {
			task = &bus.Task{URL: sample.Relay, Network: sample.Network}
			tasks[sample.Relay], room[sample.Relay] = task, maxAuditBytes
		}
		if room[sample.Relay] -= len(sample.Filter) + 64; room[sample.Relay] >= 0 {
			task.Audit = append(task.Audit, bus.Sample{Filter: sample.Filter, Since: sample.Since, Until: sample.Until})
		}
	}
	return tasks
}

// maxAuditBytes is what the samples may take of a task's body.
const maxAuditBytes = 4 << 10
