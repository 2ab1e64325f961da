package api

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	answered = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_api_requests_total", Help: "Requests that were answered, by endpoint and HTTP status.",
	}, []string{"endpoint", "status"})
	duration = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bigbrotr_api_request_seconds", Help: "How long answers took, by endpoint.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9),
	}, []string{"endpoint"})
)
