package synchronizer

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	turns    *prometheus.CounterVec
	requests prometheus.Counter
	bytes    prometheus.Counter
	pages    *prometheus.CounterVec
	events   *prometheus.CounterVec
	rejected *prometheus.CounterVec
	active   prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_turns_total", Help: "Turns at relays, by outcome and reason."}, []string{"outcome", "reason"}),
		requests: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_requests_total", Help: "Requests sent to relays."}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_received_bytes_total", Help: "Bytes of answers received from relays."}),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_pages_total", Help: "Pages handed to the writer, by proof."}, []string{"proof"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_events_total", Help: "Events handed to the writer: new with their body, known as a sighting."}, []string{"outcome"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bigbrotr_synchronizer_rejected_total", Help: "Events that relays sent and that were not handed on, by reason."}, []string{"reason"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bigbrotr_synchronizer_relays", Help: "Relays being walked now."}),
	}
	reg.MustRegister(m.turns, m.requests, m.bytes, m.pages, m.events, m.rejected, m.active)
	return m
}
