package monitor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

var (
	checksMade = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_monitor_checks_total", Help: "Checks of relays, by outcome: ok, or why not.",
	}, []string{"check", "outcome"})
	roundsMade = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_monitor_rounds_total", Help: "Tasks to check a relay, by what came of them.",
	}, []string{"outcome"})
	statesSeen = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_monitor_transitions_total", Help: "Relays that came into a state.",
	}, []string{"state"})
	roundTime = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_monitor_round_seconds", Help: "Time that one round of checks of one relay took.",
		Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160},
	}, []string{"network"})
	phaseTime = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_monitor_open_phase_seconds", Help: "Time of each phase of connecting to a relay.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
	}, []string{"phase"})
)

// Outcomes of a task.
const (
	outcomeDone      = "done"
	outcomeBadTask   = "bad_task"
	outcomeStopped   = "stopped"
	outcomeNoProxy   = "no_proxy"
	outcomeDenied    = "denied"
	outcomeUnread    = "state_unread"
	outcomeUnsent    = "result_unsent"
	outcomeNotThrown = "next_unsent"
)

// count adds a round to the metrics.
func (r *round) count(took time.Duration) {
	roundTime.WithLabelValues(string(r.url.Network())).Observe(took.Seconds())
	for _, result := range r.results {
		outcome := reasonOf(result.Err)
		if outcome == "" {
			outcome = "ok"
		}
		checksMade.WithLabelValues(result.Check, outcome).Inc()
	}
	countPhases(r.timings)
}

// countPhases leaves out what did not happen: a relay without TLS is not a fast handshake.
func countPhases(t relay.Timings) {
	for phase, took := range map[string]time.Duration{"dns": t.DNS, "tcp": t.TCP, "tls": t.TLS, "upgrade": t.Upgrade} {
		if took > 0 {
			phaseTime.WithLabelValues(phase).Observe(took.Seconds())
		}
	}
}
