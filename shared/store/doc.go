// Package store owns everything that speaks Postgres: the pool, the migrations, the one transaction that writes
// batches, and the reads of the workers and the command line. Each statement is a file of its own in module sql, named
// after what it does here; no statement is built from strings.
//
// It does not own: what is published afterwards (services/writer), when anything is retried over a longer time (its
// callers), nor the signatures of events (the workers check them; the writer checks shape and id once more).
//
// Promises: Write is one transaction, durable when it returns, and idempotent: a batch may come twice, in any order, to
// any number of writers. Rows are locked in key order, table after table, so that writers never deadlock. An interval
// is stored only with all of its events, or with those of them that cannot be stored in quarantine. A crash at any
// point loses nothing that Write had returned for, and leaves nothing half done.
//
//	batches ──► plan: checked events, merged rows ──► relays ► candidates ► events ► sightings ► coverage ► checks … ──► commit
//
// Files:
//
//	store.go       Config, Open, Connect, Ready, Close; transactions
//	migrate.go     Migrate
//	schema.go      VerifySchema
//	classify.go    which errors wait, which repeat, which point at the data
//	write.go       Write: the order of the steps; Written
//	plan.go        what batches ask for: checked, merged, bounded
//	pages.go       pages of a plan: events, known ids, intervals
//	tables.go      tables on their way into files
//	backup.go      CheckBackup: a restored archive
//	original.go    Original: a database of the Python BigBrotr
//	originalhistory.go  what its monitor kept
//	imports.go     what files and other archives tell
//	text.go        strangers' text as Postgres takes it
//	numbers.go     the bounded cache of relay and filter numbers
//	relays.go      relays and candidates
//	events.go      events: probe, rows     insert.go      new events: straight copy, or stage and insert
//	policy.go      tombstones and deletions
//	erase.go       takedowns, and the removal of what tombstones reach
//	retain.go      what rules of retention match, and its removal
//	sightings.go   sightings
//	missing.go     which sightings a complete answer lacked
//	coverage.go    parts of pages and intervals
//	revocations.go proofs that are taken back
//	checks.go      checks and states
//	documents.go   what checks brought home, and its history
//	transitions.go histories of states
//	visits.go      visits and manners
//	publications.go  what monitors published, and the documents that they publish
//	latest.go      LatestTags: the newest event of a replaceable kind
//	rejects.go     what relays sent that was refused
//	quarantine.go  what cannot be stored; quarantined.go what people do about it
//	careful.go     WriteCarefully: halving down to the bad item
//	readback.go    Events: what was signed, byte for byte
//	read.go        reads of the workers
//	lastvisit.go   LastVisit
//	held.go        Held: what a relay is known to serve
//	audit.go       AuditSamples
//	jobs.go        what the reconciler asks for
//	report.go      RelayReport
//	history.go     versions of documents, twins
//	monitors.go    OtherMonitors: what others say of a relay
//	health.go      Health: uptime, days, transitions; DropChecks
//	totals.go      Totals
//	server.go      what Postgres says of itself
//	forget.go      ForgetCoverage
//	fold.go        Fold, RebuildAnalytics: counters      tally.go, networks.go, sketches.go  what they add up
//	recount.go     counters beside what they count, for Verify
//	windows.go     CountWindows   replication.go  CountReplication   claims.go  ReadClaims
//	upkeep.go      partitions, retention, orphans; how the jobs of the refresher fared
package store
