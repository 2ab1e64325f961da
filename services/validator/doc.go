// Package validator decides whether a candidate is a Nostr relay, by asking it one question.
//
// Consumes: tasks of the jobs validate and, of who failed before, revalidate (consumers validate_clearnet, revalidate_clearnet and so on).
//
// Publishes, on INGEST: the relay when it answered, and after every try what came of it. On TASKS: the first check of a
// new relay, or the next try.
//
// Guarantees:
//
//   - A relay is what answers a request with a Nostr frame: EVENT, EOSE, CLOSED, NOTICE, AUTH or OK. A WebSocket server
//     that stays silent is none, whatever it is called.
//   - What was learnt is on INGEST before the next ball is thrown, and the ball is thrown before the task is acknowledged.
//     A crash in between makes one try more; no candidate is lost.
//   - A candidate that fails is tried again after VALIDATOR_BACKOFF, then at doubled delays up to VALIDATOR_BACKOFF_MAX,
//     and given up visibly, as a row with its last reason, after VALIDATOR_GIVE_UP tries. An address that we refuse to
//     dial counts like any failure, because names move.
//   - A relay of a network without a proxy is never dialled. It is parked for a day at a time under the reason no_proxy,
//     and no try is counted. Replicas are expected to have the same proxies.
//   - The dead do not hold up the living. A candidate that failed before stands in a line of its own, with a quarter as many
//     slots beside the others'; one that lets a quarter of a second pass gives its slot back and is one of <NET>_MAX_WAITING.
//
// Settings: VALIDATOR_…, and the shared <NET>_…, RELAY_… and VANTAGE. <NET>_MAX_RELAYS are asked at once, beside those that
// wait, and <NET>_CHECK_TIMEOUT bounds each try, connecting included.
//
//	validator.go  New and Run
//	config.go     settings
//	try.go        one task: ask, hand over, throw the next ball
//	backoff.go    when to try again, and when no more
//	metrics.go    counters
package validator
