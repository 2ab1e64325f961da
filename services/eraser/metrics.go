package eraser

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	erased = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_eraser_rows_total", Help: "What was removed, by where it was.",
	}, []string{"from"})
	settled = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_eraser_tombstones_total", Help: "Tombstones of which nothing is left.",
	})
	lookedAt = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_eraser_done_timestamp_seconds", Help: "Last time that everything due was removed.",
	})
)
