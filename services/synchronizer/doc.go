// Package synchronizer archives what relays hold: it walks each relay's history page by page
// and hands every page to the writer.
//
// Consumes tasks brotr.task.sync.<network>.<relay>. Publishes pages, manners and visits on
// INGEST, and the relay's next task as a schedule. Reads coverage, manners, state and known ids
// from Postgres and writes nothing there.
//
// It guarantees that a page is published only after EOSE, with exactly the interval that the
// answer proves; that every event on it has the right id and signature; and that the next page
// is asked for only after the page before it is on disk. A kill at any point repeats at most
// one page. A lease per relay keeps replicas from doing the same work; nothing depends on it.
//
// It does not follow relays live, speak NIP-77 or answer AUTH: each of these is a way to ask,
// and its place is beside ask.go.
//
//	synchronizer.go  New, Run        turn.go      one turn of one relay
//	config.go        settings        outcome.go   what an error means for the next turn
//	todo.go          what to walk    interval.go  arithmetic on intervals
//	ask.go           one question, asked until it is answered or refused
//	answer.go        what came back  manners.go   how the relay answers, probed
//	walk.go          a walk          follow.go    of a relay that answers in an order
//	direction.go     which order     halve.go     of one that does not
//	second.go        a second with more events than one answer holds
//	oversize.go      answers and frames that are too large
//	empty.go         an empty rest   memory.go    what an answer must hold again
//	verify.go        known, verified, or refused
//	page.go          an answer cut into messages; sink.go hands them over
//	metrics.go       counters
package synchronizer
