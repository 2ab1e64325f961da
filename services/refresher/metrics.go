package refresher

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	succeededAt = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "bigbrotr_refresher_job_succeeded_timestamp_seconds", Help: "When each job last began a run that ended well.",
	}, []string{"job"})
	runs = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_refresher_runs_total", Help: "Runs of each job, by how they ended.",
	}, []string{"job", "outcome"})
	rowsDone = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_refresher_rows_total", Help: "Rows that each job dealt with.",
	}, []string{"job"})
	runTime = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_refresher_run_seconds", Help: "Time of one run of a job.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 8),
	}, []string{"job"})
)

// observe counts a run.
func (j job) observe(began time.Time, took time.Duration, did int, err error) {
	runTime.WithLabelValues(j.name).Observe(took.Seconds())
	rowsDone.WithLabelValues(j.name).Add(float64(did))
	if err != nil {
		runs.WithLabelValues(j.name, "failed").Inc()
		return
	}
	runs.WithLabelValues(j.name, "done").Inc()
	succeededAt.WithLabelValues(j.name).Set(float64(began.UnixNano()) / 1e9)
}
