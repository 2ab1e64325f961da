// Package importer brings events in that did not come from a relay: lines of JSON, Parquet tables, the database of the
// original BigBrotr.
//
// Consumes: files, or another Postgres. Publishes: imports and pages that prove nothing on INGEST, so that policy, dedupe
// and the facts on EVENTS are the writer's as for any other event. It writes no table and no fact itself.
//
// Guarantees: nothing is handed over whose id and signature were not checked here. A place in the source is remembered, in
// the same NATS as INGEST, only after everything before it was acknowledged there; so an import that was interrupted or
// killed goes on where it was, and repeats at most what it handed over since, which the writer finds known. A full INGEST
// is waited for. Whatever is refused is counted by reason with its place; what looks like an event whose id or signature
// is wrong goes to quarantine.
//
// Settings: none; the command line says everything.
//
//	importer.go  Importer, Source and Run
//	pipeline.go  reading, checking on all cores, handing over, in the order of the source
//	position.go  where an import stands
//	report.go    Report: what became of it
//	check.go     events: parsed, judged, verified together
//	jsonl.go     lines of JSON
//	parquet.go   tables: the dump, its relays and checks
//	health.go    tables: states, documents, coverage
//	months.go    tables: events with their sightings
//	original.go  the database of the original: relays, events, sightings
//	history.go   what its monitor found
package importer
