package synchronizer

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	turnsTaken = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_turns_total", Help: "Turns at relays, by outcome and reason.",
	}, []string{"outcome", "reason"})
	turnsGivenBack = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_given_back_total", Help: "Turns that failed on our side and are taken again, by reason: busy or no_proxy.",
	}, []string{"reason"})
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
	liveDelay = promauto.NewHistogram(prometheus.HistogramOpts{
		Name: "bigbrotr_synchronizer_live_delay_seconds", Help: "From a live event's arrival to the stream's acknowledgement.",
		Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30},
	})
	samplesAudited = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_audited_total", Help: "Samples of settled history that were fetched again, by outcome: kept, missed, unanswered.",
	}, []string{"outcome"})
	eventsMissing = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_dropped_total", Help: "Sightings that relays serve no more.",
	})
	relaysFollowed = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_synchronizer_relays_followed", Help: "Relays with a live subscription now.",
	})
	relaysWalked = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_synchronizer_relays", Help: "Relays being walked now.",
	})
)

var (
	idsLookedUp = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_lookups_total", Help: "Events looked up in the archive, by source: memory, when Postgres had just said that it has them, or archive.",
	}, []string{"source"})
	signaturesChecked = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_signatures_total", Help: "Signatures checked.",
	})
	verifyCPU = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_synchronizer_verify_cpu_seconds_total", Help: "CPU time that checking signatures took.",
	})
)
