// Package monitor answers how healthy each relay is: it makes a round of checks of every relay about once an hour,
// decides the relay's state, and hands both to the writer.
//
// Consumes: brotr.task.check.<network>.<relay>, one consumer per network that is on.
//
// Publishes: one batch with one Check on brotr.ingest.checks for every round; brotr.later.check.… for the next one;
// brotr.task.sync.… for a relay that has become readable.
//
// Guarantees: a round is on INGEST before the task of the first synchronization, that one before the next check is
// scheduled, and that before this task is acknowledged; so a crash at any point repeats a round and loses none. A round
// that was cut short by a stop, or that our own proxy failed, says nothing about the relay: its task comes again. A relay
// on the deny list is left alone and looked at again a day later. Whatever a relay sends, its round can
// be encoded: words are cut and cleaned, documents travel as bytes. A round lasts at most as many check timeouts as
// there are checks.
//
// It does not sign in (NIP-42): a check says what a stranger gets. It publishes no Nostr events but the probe of the
// write check, which is ephemeral and has expired a minute later.
//
// Settings: MONITOR_INTERVAL, MONITOR_RETRIES_<CHECK>, MONITOR_PRIVATE_KEY, and those of package netconf.
//
//	config.go   settings
//	monitor.go  New, Run, and what is done with one task
//	check.go    the table of checks, repetition, deadlines
//	round.go    one round of checks of one relay: its connection and results
//	open.go     connecting            read.go     asking for one event
//	write.go    an ephemeral event    nip11.go    the information document
//	judge.go    what one round says   state.go    what it changes in the relay's state
//	next.go     when to look again    report.go   the message for the writer
//	metrics.go  counters
package monitor
