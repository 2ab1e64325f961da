// Package publisher tells Nostr what the monitor found: kind 30166 about each relay that answered (NIP-66), and kinds 0, 10002
// and 10166 about the monitor itself.
//
// Consumes: brotr.check.<network>.<relay> of RELAYS, so only what is in the archive, with one durable consumer for each publish
// relay, key and vantage: a publish relay that is away or refuses holds nobody up, one that is new or a key that is new gets the
// last result of every relay, and each goes on where it was.
//
// Publishes: signed events to the relays of MONITOR_PUBLISH_RELAYS, and brotr.ingest.publications, which says what became of
// them. An event is published when its content changed or a heartbeat is due. Round-trip times alone are no change.
//
// Guarantees: nothing is published about a relay that did not answer in the very round, of a round that a later one has
// overtaken, or that is older than the heartbeat. A crash publishes the same event again, which relays know by its id. Whatever
// a relay says of itself becomes tags of bounded length and number, or none. Kind 22242 goes to the publish relay that asked,
// if MONITOR_PUBLISH_AUTH allows, and nowhere else. Without a key or a publish relay nothing happens, and the log says so once.
//
// It makes no checks and knows no monitor: what that announces of itself it is told by whoever starts both.
//
// Settings: MONITOR_PUBLISH_RELAYS, MONITOR_PUBLISH, MONITOR_PUBLISH_AUTH, MONITOR_HEARTBEAT, MONITOR_PROFILE, MONITOR_PUBLIC_KEY, MONITOR_NAME,
// MONITOR_ABOUT, MONITOR_GEOHASH, and those of package netconf.
//
//	config.go        settings                     publisher.go  New, Run
//	offer.go         is it due, and what came of it
//	target.go        one publish relay            metrics.go    counters
//	discovery.go     kind 30166                   announce.go   kinds 0, 10002, 10166
//	requirements.go  its four R                   claims.go     its content, N, T and t
//	extras.go        what other checks found      tags.go       strangers' text in a tag
//	event.go         signing, and what is a change
package publisher
