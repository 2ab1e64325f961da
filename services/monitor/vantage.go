package monitor

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// job is the one whose balls this monitor keeps in the air.
func (m *Monitor) job() string { return subject.CheckJob(m.network.Vantage) }

// besideMain is what a monitor of another vantage sees to by itself: the initializer made the consumers of the main one,
// and its relays get their first ball from the validator. Here both come from the monitor: consumers at the start, balls
// from the archive, at the start and every ten minutes after. So a vantage is added by starting a monitor, and nobody
// needs to know of it.
func (m *Monitor) besideMain(ctx context.Context, group *errgroup.Group) {
	if m.job() == subject.JobCheck {
		return
	}
	for _, network := range relay.Networks() {
		if !m.network.Enabled(network) {
			continue
		}
		retry, _ := subject.Retry(m.job())
		for _, job := range []string{m.job(), retry} {
			consumer := subject.JobConsumer(job, string(network))
			if err := m.bus.ApplyConsumer(ctx, consumer); err != nil && ctx.Err() == nil {
				m.log.Warn("A consumer of this vantage was not made; may this user make it?", app.Consumer, consumer, app.Err, err)
			}
		}
	}
	group.Go(func() error {
		balls.Keep(ctx, m.bus, m.store, []string{m.job()}, m.log, m.pace.reconcile, func(balls.Made) {})
		return nil
	})
}
