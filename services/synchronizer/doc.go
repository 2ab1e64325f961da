// Package synchronizer archives what relays hold and what they receive: it walks each relay's
// history page by page, follows it live between the walks, and hands everything to the writer.
//
// Consumes tasks brotr.task.sync.<network>.<relay>. Publishes pages, manners, visits and revoked
// proofs on INGEST, and the relay's next task as a schedule. Reads coverage, manners, state,
// sightings and known ids from Postgres and writes nothing there.
//
// It guarantees that a page is published only after EOSE, with exactly the interval that the
// answer proves; that every event on it has the right id and signature; that the next page is
// asked for only after the page before it is on disk (but for the pages of the half second in which
// the first answer of a probe is watched, of which none is handed over before it is over); and that the live subscription stands before
// a walk asks for "now", so that nothing falls between the two. A kill at any point repeats at most
// one page and loses live events of a moment, which no proof covers and the next walk brings. A
// lease per relay keeps replicas from doing the same work; nothing depends on it.
//
//	synchronizer.go  New, Run        config.go    settings
//	policy.go        what holds for one relay
//	listfile.go      reads SYNC_FILTERS and SYNC_OVERRIDES; listfilters.go, listoverrides.go: their records
//	listvalue.go     strict YAML values, with their lines
//	schedule.go      decaying ages   metrics.go   counters
//
// One relay:
//
//	session.go       a turn, listening until the next, the end
//	turn.go          one turn        allowed.go   whether it may be
//	outcome.go       what an error means for the next turn
//	ephemeral.go     kinds that are counted, sampled or kept; what came live in vain
//	live.go          the subscription of one relay
//	tail.go          what all subscriptions bring, handed over together
//	audit.go         settled history, fetched again and compared
//
// One walk:
//
//	todo.go          what to walk    interval.go  arithmetic on intervals
//	walk.go          a walk          follow.go    of a relay that answers in an order
//	direction.go     which order     halve.go     of one that does not
//	reconcile.go     of one that compares ids (NIP-77); fetch.go gets events by id
//	second.go        a second with more events than one answer holds; alone.go: asked for alone
//	oversize.go      answers and frames that are too large
//	empty.go         an empty rest   ahead.go     what is dated in the future
//	memory.go        what an answer must hold again
//
// One question:
//
//	ask.go           asked until it is answered or refused; login.go: with AUTH where it is allowed
//	trouble.go       what an error says about asking again
//	approach.go      asked for less where the relay refuses or cuts
//	answer.go        what came back
//	manners.go       how the relay answers, probed; abilities.go: what else it can
//	learn.go         manners from the archive and back
//	watch.go         what comes behind the first EOSE
//
// One page:
//
//	verify.go        known, verified, or refused; known.go: what Postgres said it has
//	page.go          an answer cut into messages; sink.go and outbox.go hand them over
package synchronizer
