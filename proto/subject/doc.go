// Package subject owns the names on the bus: subjects and headers, the tables of streams, consumers and buckets, and how
// a relay becomes one subject token and back. It does not connect to anything.
//
// It promises that names are stable: they are public interface, and outsiders subscribe to them.
//
//	subject.go  subjects, jobs, networks, facts, headers
//	service.go  subjects that answer requests
//	streams.go  streams, consumers and buckets, and their bounds
//	facts.go    consumers of facts that services make for themselves
//	token.go    relay URL ↔ token
package subject
