// Package exporter writes the archive into files: lines of JSON, and Parquet tables.
//
// Reads: Postgres as a role that reads, and where EVENTS stands. Writes: files, each with a manifest.
//
// Guarantees: what is written of an event is the event, checked against its id on the way. The position in EVENTS is read
// before the first row, so a file and the stream behind that position together have every event: none is in neither. An
// export that was interrupted or killed goes on after its last mark, and its file is the one that it would have been. A
// file has its name, and a manifest, only when it is complete.
//
//	exporter.go  Exporter
//	jsonl.go     one file of lines
//	draft.go     an export that is not finished, beside its file
//	parquet.go   a directory of tables, brought up to date
//	health.go    states, documents, coverage
//	months.go    the months of an archive
//	events.go    events and sightings of a month
package exporter
