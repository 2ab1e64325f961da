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
//	text.go        strangers' text as Postgres takes it
//	numbers.go     the bounded cache of relay and filter numbers
//	relays.go      relays and candidates
//	events.go      events: probe, stage, insert
//	sightings.go   sightings
//	coverage.go    parts of pages and intervals
//	checks.go      checks, states, documents
//	visits.go      visits and manners
//	quarantine.go  what cannot be stored
//	careful.go     WriteCarefully: halving down to the bad item
//	read.go        reads of the workers
//	lastvisit.go   LastVisit
//	jobs.go        what the reconciler asks for
//	report.go      RelayReport
//	totals.go      Totals
//	server.go      what Postgres says of itself
//	forget.go      ForgetCoverage
package store
