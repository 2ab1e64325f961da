package writer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

var (
	eventsMet = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_events_total", Help: "Events of batches, by what became of them.",
	}, []string{"outcome"})
	sightingsWritten = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_sightings_total", Help: "Sightings written, by what became of them.",
	}, []string{"outcome"})
	batchesMet = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_batches_total", Help: "Messages of INGEST, by what became of them.",
	}, []string{"outcome"})
	intervalsMet = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_intervals_total", Help: "Intervals that pages brought, by what became of them, and rows of coverage that a revocation changed.",
	}, []string{"outcome"})
	pagesWritten = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_writer_pages_total", Help: "Pages written.",
	})
	factsPublished = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_facts_total", Help: "Facts published after their commit.",
	}, []string{"stream"})
	failures = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_writer_errors_total", Help: "Transactions that failed, by class of error.",
	}, []string{"reason"})
	transactionTime = promauto.NewHistogram(prometheus.HistogramOpts{
		Name: "bigbrotr_writer_transaction_seconds", Help: "Time of one transaction.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	})
	strandedApplied = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_writer_stranded_total", Help: "Messages that the consumer had passed over and the sweeper applied.",
	})
	consumersRepaired = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_writer_repairs_total", Help: "Times that the consumer stood ahead of its stream and was made anew.",
	})
	sweptAt = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_writer_swept_timestamp_seconds", Help: "Last time that a sweep of INGEST ended well.",
	})
)

// count adds a transaction to the metrics.
func count(w store.Written, took time.Duration) {
	transactionTime.Observe(took.Seconds())
	for outcome, n := range map[string]int{"new": w.Events, "known": w.Known, "quarantined": w.Quarantined, "refused": w.Refused, "removed": w.Removed} {
		eventsMet.WithLabelValues(outcome).Add(float64(n))
	}
	sightingsWritten.WithLabelValues("new").Add(float64(w.Sightings))
	sightingsWritten.WithLabelValues("refreshed").Add(float64(w.Refreshed))
	sightingsWritten.WithLabelValues("missing").Add(float64(w.Missing))
	intervalsMet.WithLabelValues("proven").Add(float64(w.Intervals))
	intervalsMet.WithLabelValues("refused").Add(float64(w.IntervalsRefused))
	intervalsMet.WithLabelValues("revoked").Add(float64(w.Revoked))
	pagesWritten.Add(float64(w.Pages))
}
