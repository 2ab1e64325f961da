// Package negentropy tells two sets of events apart without sending them (NIP-77, negentropy protocol version 1).
//
// Owns: the bytes of the protocol and both of its sides, [Client] and [Server]. It is pure computation: who carries the
// messages (NEG-OPEN, NEG-MSG), in hex, and where the ids come from is the caller's matter.
//
// Promises: what a stranger's message makes us allocate is bounded by its length, by our own set and by [Limits], whatever
// it claims; a message that is not the protocol's is [ErrMalformed] and never a panic. An honest peer's set is told apart
// from ours exactly. A peer may lie: ids it needs not have, ids it hides. Only a fetch proves an id, and only a
// cross-check proves that nothing is missing.
//
// A message is the version byte and ranges in ascending order, which together cover all items; what follows the last
// range needs no word. A range is its upper bound (time as distance from the bound before, and as many bytes of an id as
// tell it from its neighbour), and what the sender has there: nothing to say, a fingerprint, or the ids.
//
//	61                                 version 1
//	00 00  01 <16 bytes>               up to the end of time: fingerprint
//	86aa909f01 01 3b  02 02 <2 ids>    up to second 1700000000 and id 3b…: two ids
//
// A side that would exceed its frame ends with the fingerprint of all that is left, and that part has its turn in the
// next message.
//
// Files:
//
//	set.go        Item, Set: sorted, with sums of the ids
//	limits.go     Limits and the errors
//	read.go       ranges of a message
//	write.go      a message under its limit
//	reconcile.go  one message in, one out: what both sides share
//	client.go     the side that asks and learns
//	server.go     the side that answers
package negentropy
