// Package balls keeps the rule of one ball per relay and job: each relay that has something coming up has a schedule or a
// task on the bus for it. It compares the bus with the archive and makes the balls that are missing, at the start of the
// system and every few minutes after.
//
// Owns: the comparison, and the rule that the task of a ball names its relay canonically. Does not own: what a ball is
// (bus), or when a job is due (the archive says what the worker decided last).
//
// Promises: a ball that exists is never replaced, whoever throws it at the same moment, because the stream itself refuses
// a second one; so any number of reconcilers may run at once, and NATS may be wiped and is rebuilt from Postgres. A
// reconciler that stops half-way has made the balls it counted and the next pass makes the others.
//
// A candidate that was accepted, but whose row the writer has not written yet, may get one validation too many. That is
// the price of not asking the workers.
//
//	reconcile.go  one pass
//	task.go       ReadTask: what a ball asks for
package balls
