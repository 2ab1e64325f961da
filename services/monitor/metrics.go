package monitor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
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
	wishesMade = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_monitor_wishes_total", Help: "Requests for a check at once, by answer.",
	}, []string{"verdict"})
	vantageDegraded = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "bigbrotr_monitor_vantage_degraded", Help: "1 while most canaries of the network do not answer, by the last look of this process.",
	}, []string{"network"})
	roundTime = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_monitor_round_seconds", Help: "Time that one round of checks of one relay took.",
		Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160},
	}, []string{"network"})
	startDelay = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_monitor_start_delay_seconds", Help: "Time from a task to the begin of its round, by how the last round ended: ok, failed, or never if there was none.",
		Buckets: []float64{0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900},
	}, []string{"last"})
	phaseTime = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_monitor_open_phase_seconds", Help: "Time of each phase of connecting to a relay.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
	}, []string{"phase"})
)

// Outcomes of a task.
const (
	outcomeDone      = "done"
	outcomeDegraded  = "degraded"
	outcomeBadTask   = "bad_task"
	outcomeStopped   = "stopped"
	outcomeNoProxy   = "no_proxy"
	outcomeBusy      = "busy"
	outcomeDenied    = "denied"
	outcomeUnread    = "state_unread"
	outcomeUnsent    = "result_unsent"
	outcomeNotThrown = "next_unsent"
)

// countDelay notes how long a task waited for its round.
func countDelay(before store.State, waited time.Duration) {
	last := "ok"
	switch {
	case before.Failures > 0:
		last = "failed"
	case before.State == "":
		last = "never"
	}
	startDelay.WithLabelValues(last).Observe(waited.Seconds())
}

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
