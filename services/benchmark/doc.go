// Package benchmark measures the pipeline on the machine it runs on: from one relay's socket to committed rows.
//
// Ingest starts everything as a process of its own and on this machine: a relay with a world of really signed events, a
// NATS server that syncs before it acknowledges, a private Postgres with durable settings, one synchronizer and one
// writer of the same binary. It then walks the relay three times:
//
//	new        no event is known: each is verified, stored, indexed and published
//	elsewhere  the same relay under another URL: each event is known, each sighting is new
//	again      the first URL once more, its coverage forgotten: events and sightings are known
//
// The clock of a walk runs from its task to the commit of the last interval of the relay's history. Making and signing
// the world, creating the database and starting processes do not count. Afterwards every event of the world is looked
// up in the archive: a measurement of lost events is an error.
//
// It owns no pipeline code: the services run as they are, with the settings that the report names. It leaves neither
// processes nor files behind, whatever happens short of SIGKILL.
//
//	ingest.go   Ingest, the walks        rig.go      the processes of a run
//	child.go    one process              serve.go    the relay and the NATS server, as processes
//	usage.go    CPU and memory of a process tree, from /proc
//	machine.go  what the numbers depend on
//	report.go   Report                   table.go    for people
package benchmark
