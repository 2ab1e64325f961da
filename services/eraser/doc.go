// Package eraser removes what may no longer be kept: what an operator took down, what its author asked to vanish (NIP-62),
// and what the rules of retention say. It works as a role of its own, the only one that may delete from the archive.
//
// Consumes: tombstones in Postgres, which the writer enters for requests to vanish and the command line for takedowns.
//
// Publishes: nothing. It takes copies of what it removes off EVENTS and DEAD.
//
// Guarantees: a tombstone hides and blocks from its commit on, before anything here has run. What it reaches is removed from
// the archive first, then from the bus, and only then it is settled: a crash at any point repeats work. No transaction of
// a writer runs beside one that erases, so nothing comes back behind it.
//
//	tombstone ──► events, sightings, quarantine ──► EVENTS, DEAD ──► settled
//
// Settings: ERASER_INTERVAL, RETENTION_RULES, RETENTION_INTERVAL.
//
//	config.go   settings
//	eraser.go   New, Run, and one round
//	purge.go    copies on the bus
//	retain.go   rules of retention
//	metrics.go  counters
package eraser
