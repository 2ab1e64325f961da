// Package api answers people and programs over HTTP what the archive knows, and takes the wish that a relay be checked now.
//
// Consumes: nothing. It reads Postgres as the role that reads, and asks a monitor through brotr.svc.relay.check.
//
// Serves:
//
//	GET  /v1/candidates               URLs that were found, the newest finds first; ?state, reason, source, network, limit, cursor
//	GET  /v1/candidates/{url}         what came of one
//	GET  /v1/relays/{url}             all that is known of a relay: checks, states, uptimes, manners, coverage, and in rejects
//	                                  what it sent that was forged, malformed or oversized
//	POST /v1/relays/{url}/check       has it checked at once; needs a key
//	GET  /                            these endpoints
//
// A relay's URL in a path is percent-encoded; its scheme may be left out. Answers are those of package view. Errors are problem
// documents (RFC 9457) that say what to send instead. Reads need no key, may be asked from any origin, and are limited per
// address. Keys come as `Authorization: Bearer` (RFC 6750) and are known by their SHA-256 alone.
//
// Guarantees: nothing is counted while somebody waits; every list has a cursor and at most 1,000 rows; no statement takes
// longer than two seconds. A parameter that is not understood is refused, never clamped or ignored.
//
// Settings: API_LISTEN, API_KEYS, API_RATE_LIMIT.
//
//	config.go      settings, list of keys     api.go       New, Run, the table of endpoints
//	guard.go       who may ask, how often     respond.go   answers and problems
//	candidates.go  relays.go  checknow.go     metrics.go   counters
package api
