// Package measure is what a benchmark of the archive asks of Postgres beyond package store: to fill an archive with many
// events in little time, to say how many bytes it takes, and to run the write path of the original beside ours.
//
// It owns no statement of the archive. It connects as the owner, to a server that nobody else uses: Fill drops the
// indexes of event and makes them again.
//
// The original is BigBrotr in Python, 6.6.9. Its schema and its set-based function are written anew from their
// description: relay URLs as text in the junction table, tags as jsonb, tag values as text[] under GIN and made by a
// function, 16 hash partitions, foreign keys, and one PL/pgSQL function that inserts relays, events and junction rows.
//
// Files:
//
//	archive.go   Archive: connect, WAL, sizes
//	fill.go      Fill: many events at once
//	original.go  Original: its schema (original.sql), its write path
//	furnish.go   Furnish: relays, sightings, checks … that readers look at (furnish.sql)
//	extremes.go  Parameters of questions, Extremes: the largest, commonest and deepest of an archive
//	reader.go    Reader: questions and their plans
package measure
