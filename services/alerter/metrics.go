package alerter

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	alertsSent = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_alerter_alerts_total", Help: "Attempts to send an alert, by its kind, the way and what came of it.",
	}, []string{"kind", "way", "outcome"})
	resultsPassed = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_alerter_passed_total", Help: "Results of checks that alerts were not decided by, by the reason.",
	}, []string{"reason"})
)
