// Package bus is the only code that speaks NATS.
//
// It owns the connection, the streams and consumers as package subject declares them, the
// acknowledgement of everything that is published and the verdict on everything that is
// consumed. It does not own what a message means.
//
// It promises: a publish that returned nil is on the stream's disk; a delivery is acknowledged
// only after its handler returned nil; nothing is nak'ed without a delay; whoever is told to
// stop hands back what it had not finished, so that a peer goes on at once.
//
//	bus.go      Connect, Ready, Close
//	apply.go    streams, consumers and buckets created or compared with their declaration
//	publish.go  Publish, PublishAll (atomic), PublishMany, Ingest
//	patience.go publishing that waits for a full stream
//	consume.go  Each, Batches; line.go Work, where those that failed hold up nobody
//	verdict.go  what a handler's error decides: Retry, Discard, Partial
//	task.go     balls: one schedule or task per relay and job
//	lease.go    leases; state.go small durable state; bucket.go keys that change by revision
//	sweep.go    what a consumer passed over, and consumers made anew
//	service.go  requests and their answers; tail.go what passes by
//	status.go   what is in the streams, for people; dead.go what was given up
//	purge.go    copies that have to go
package bus
