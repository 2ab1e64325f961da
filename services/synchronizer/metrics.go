package synchronizer

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	turnsTaken = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_turns_total", Help: "Turns at relays, by outcome and reason.",
	}, []string{"outcome", "reason"})
	requestsSent = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_requests_total", Help: "Requests sent to relays.",
	})
	bytesReceived = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_received_bytes_total", Help: "Bytes of answers received from relays.",
	})
	pagesProven = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_pages_total", Help: "Answers handed to the writer, by what they prove.",
	}, []string{"proof"})
	eventsHanded = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_events_total", Help: "Events handed to the writer: new with their body, known as a sighting.",
	}, []string{"outcome"})
	eventsRejected = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_rejected_total", Help: "Events that relays sent and that were not handed on, by reason.",
	}, []string{"reason"})
	relaysWalked = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_synchronizer_relays", Help: "Relays being walked now.",
	})
)
