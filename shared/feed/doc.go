// Package feed reads the results of checks from RELAYS for services that act on them: what it hands over was committed, is
// of one vantage, and is the last thing that is known of its relay.
//
// It owns the position (a durable consumer of each reader's own) and the reading of the body. It does not own the body's
// form, which is the writer's (docs/reference/subjects.md), nor what is done about a result.
//
// It promises that a result which was not handled comes again, after a crash too; so whoever handles it must bear it twice.
// A result that a later one has overtaken, or that is too old, is passed over: the archive is asked each time, so a reader
// that was away for days does not act on what was true then.
//
//	feed.go   Follow
//	check.go  Check: the result of one round of checks
package feed
