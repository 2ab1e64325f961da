package publisher

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

var eventsOffered = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "bigbrotr_publisher_events_total", Help: "Events for publish relays, by kind and by what came of them: accepted, why not, or why they were not sent.",
}, []string{"kind", "outcome"})

// Outcomes of an event beside the reasons of refusals and of package feed.
const (
	outcomeAccepted  = "accepted"
	outcomeUnchanged = "unchanged"
	outcomeSilent    = "no_answer" // the relay that it would be about did not answer
	outcomeAway      = "away"      // the publish relay could not be asked
)

func count(kind uint16, outcome string) {
	eventsOffered.WithLabelValues(strconv.Itoa(int(kind)), outcome).Inc()
}

func verdict(ok relay.OK) string {
	if ok.Accepted {
		return outcomeAccepted
	}
	return reason(ok)
}
