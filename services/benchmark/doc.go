// Package benchmark measures the pipeline on the machine it runs on: from one relay's socket to committed rows, and with
// many relays how fresh, how scalable and how frugal it is.
//
// Sync starts everything as a process of its own and on this machine: a relay with a world of really signed events, a
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
// Live, Scale, Memory, Probe and Validate have hundreds of relays in a few processes instead of the one relay (crowd.go, farm.go), in the
// same rig:
//
//	live.go     how long a live event takes from a relay to its row
//	scale.go    how the time to cover slow relays falls with the number of synchronizers
//	memory.go   what one synchronizer that follows many relays needs, over time; plot.go draws it
//	probe.go    how fast one monitor checks live and dead relays, and whom it keeps waiting; proberound.go a round of it
//	validate.go how fast one validator tries candidates
//	dead.go     addresses that are no relays, as a process; sockets.go what a process has open
//	resident.go what the processes of a run have and use
//
// Write measures the archive alone, at the level of the store, in a private Postgres, beside the original's write path:
//
//	write.go      Write and its Postgres      writelane.go    ways of writing that take turns
//	writesize.go  bytes on disk               writepages.go   events as batches
//	writereport.go WriteReport                writehostile.go what hostile events cost the others
//	readqueries.go  what readers ask          writequeries.go the plans of the answers
//	writereaders.go what readers meet while events are written
//
// The files of the rig:
//
//	sync.go     Sync, the walks          rig.go      the processes of a run
//	child.go    one process              serve.go    the relay and the NATS server, as processes
//	usage.go    CPU and memory of a process tree, from /proc
//	counters.go what the synchronizer counts   stages.go  its steps, one by one, in this process
//	machine.go  what the numbers depend on
//	report.go   Report                   table.go    for people
package benchmark
