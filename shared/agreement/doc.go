// Package agreement reads what other monitors say of a relay in their NIP-66 events (kind 30166), and finds what at least two
// of them agree on.
//
// It owns the tolerant reading of foreign 30166 events and the quorum. It does not own where the events come from (the
// archive), nor what is made of the answer: it is shown beside our own checks and never decides a state, because keys
// cost nothing and two of them may be one.
//
// It promises that no event stops the reading: what is not understood is left out, numbers are bounded, and an event
// counts only while it is fresh, since NIP-66 has no word for a relay that is down.
//
//	read.go    one event           agree.go  several of them
package agreement
