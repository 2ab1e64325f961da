package validator

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	tries = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_validator_tries_total", Help: "Candidates that were tried, by network and what came of it.",
	}, []string{"network", "outcome"})
	failures = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_validator_failures_total", Help: "Tries that failed, by reason.",
	}, []string{"reason"})
	took = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_validator_try_seconds", Help: "Time of one try, connecting included.",
		Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"network"})
)
