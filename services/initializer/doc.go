// Package initializer makes the system ready to start: schema, streams, seed, and the tasks that the archive knows of. It
// runs once and ends. It alone changes the schema.
//
// Consumes: the migrations in the binary, the declaration of streams in package subject, the seed file, and the archive.
//
// Publishes: the seed's URLs that the archive does not know on brotr.relay.found.seed, and missing schedules on TASKS.
//
// Guarantees:
//
//   - Running it again changes nothing, and ten at once do what one does: migrations run under an advisory lock, streams
//     are created by whoever is first, the intake takes a URL once, and no ball is ever replaced.
//   - What differs from its declaration is reported and never shrunk or deleted. A part of the schema that is missing
//     after the migrations is named, and ends the run with an error.
//   - The seed says where to look first and nothing else: a known candidate keeps its place and its back-off.
//
// Settings: DATABASE_OWNER_URL, SEED_FILE, the bounds of the streams, RELAY_ALLOW_CIDRS.
//
//	initializer.go  New, Run and its steps in order
//	config.go       settings
//	seed.go         the seed file
package initializer
