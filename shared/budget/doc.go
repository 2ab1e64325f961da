// Package budget keeps our manners towards strangers, over all processes together: how many connections one address gets,
// how many bytes a day one relay gives, who does not want to be asked at all, and when nobody is asked.
//
// Owns: the slots of addresses, the counters of bytes, the opt-outs in use and the pause switch, all in KV buckets. Does
// not own: the list of opt-outs (Postgres, through store), when a connection is opened (relay), or what a service does
// while it is paused (standalone).
//
// Promises: it never blocks work. Without the KV every connection is admitted and every byte is allowed; the opt-outs and
// the pause stay as they were read last. A process that dies holds its slots for subject.LeaseTTL longer.
//
// One connection per relay is kept elsewhere. The synchronizer holds a lease per relay. Validator and monitor need none:
// each has one ball per relay and job, a ball is with one worker at a time, and a relay is either a candidate or
// accepted; so there is at most one check beside the walk.
//
//	gate.go    Gate, its loop, and how it gets into the options of a dialer
//	slots.go   Admit: slots per address
//	bytes.go   Spend and Left: bytes per relay and day
//	optout.go  patterns of opt-outs, and their way to every process
//	pause.go   the switch, and how a service waits for it
package budget
