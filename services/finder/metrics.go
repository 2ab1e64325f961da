package finder

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	urlsFound = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_urls_total", Help: "Relay URLs that were found, by what became of them.",
	}, []string{"verdict"})
	urlsRefused = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_refused_total", Help: "Found texts that did not become candidates.",
	}, []string{"reason"})
	lookups = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_finder_lookups_total", Help: "Questions to the archive which URLs are known.",
	})
	listsFetched = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_lists_total", Help: "HTTP lists that were asked for, by outcome.",
	}, []string{"outcome"})
	eventsScanned = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_scanned_events_total", Help: "Stored events that were read for relays.",
	}, []string{"outcome"})
	unconfirmed = promauto.NewCounter(prometheus.CounterOpts{
		Name: "bigbrotr_finder_unconfirmed_total", Help: "Relay URLs that too few monitors named (NIP-66).",
	})
	domainsAsked = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_domains_total", Help: "Domains of NIP-05 that came up, by outcome.",
	}, []string{"outcome"})
	ballsMade = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "bigbrotr_finder_tasks_restored_total", Help: "Tasks and schedules that were missing and were made again.",
	}, []string{"job"})
	reconciledAt = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "bigbrotr_finder_reconciled_timestamp_seconds", Help: "Last time that tasks were reconciled with the archive.",
	})
)
