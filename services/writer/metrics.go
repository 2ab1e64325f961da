package writer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type metrics struct {
	events    *prometheus.CounterVec
	sightings *prometheus.CounterVec
	batches   *prometheus.CounterVec
	intervals *prometheus.CounterVec
	pages     prometheus.Counter
	facts     *prometheus.CounterVec
	errors    *prometheus.CounterVec
	seconds   prometheus.Histogram
	stranded  prometheus.Counter
	repairs   prometheus.Counter
	sweptAt   prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	auto := promauto.With(registerer)
	count := func(name, help string, labels ...string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "bigbrotr_writer_" + name, Help: help}, labels)
	}
	return &metrics{
		events:    count("events_total", "Events of batches, by what became of them.", "outcome"),
		sightings: count("sightings_total", "Sightings written, by what became of them.", "outcome"),
		batches:   count("batches_total", "Messages of INGEST, by what became of them.", "outcome"),
		intervals: count("intervals_total", "Intervals that pages brought, by what became of them.", "outcome"),
		pages: auto.NewCounter(prometheus.CounterOpts{
			Name: "bigbrotr_writer_pages_total", Help: "Pages written."}),
		facts:  count("facts_total", "Facts published after their commit.", "stream"),
		errors: count("errors_total", "Transactions that failed, by class of error.", "reason"),
		seconds: auto.NewHistogram(prometheus.HistogramOpts{
			Name: "bigbrotr_writer_transaction_seconds", Help: "Time of one transaction.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}}),
		stranded: auto.NewCounter(prometheus.CounterOpts{
			Name: "bigbrotr_writer_stranded_total", Help: "Messages that the consumer had passed over and the sweeper applied."}),
		repairs: auto.NewCounter(prometheus.CounterOpts{
			Name: "bigbrotr_writer_repairs_total", Help: "Times that the consumer stood ahead of its stream and was made anew."}),
		sweptAt: auto.NewGauge(prometheus.GaugeOpts{
			Name: "bigbrotr_writer_swept_timestamp_seconds", Help: "Last time that a sweep of INGEST ended well."}),
	}
}

func (m *metrics) written(w store.Written, took time.Duration) {
	m.seconds.Observe(took.Seconds())
	for outcome, n := range map[string]int{"new": w.Events, "known": w.Known, "quarantined": w.Quarantined, "refused": w.Refused} {
		m.events.WithLabelValues(outcome).Add(float64(n))
	}
	m.sightings.WithLabelValues("new").Add(float64(w.Sightings))
	m.sightings.WithLabelValues("refreshed").Add(float64(w.Refreshed))
	m.intervals.WithLabelValues("proven").Add(float64(w.Intervals))
	m.intervals.WithLabelValues("refused").Add(float64(w.IntervalsRefused))
	m.pages.Add(float64(w.Pages))
}
