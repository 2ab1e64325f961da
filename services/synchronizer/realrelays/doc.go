// Package realrelays holds no code: its tests run the synchronizer against relays of other makes, each in a process
// of its own, which may die without taking the test along. `go test -tags makes` runs against all of them, in some
// minutes, and needs a C compiler.
//
//	serve_test.go     what the process of a relay does
//	relay_test.go     such a process, and a plain client of it
//	world_test.go     the events that it holds
//	pipeline_test.go  a synchronizer and a writer on a real NATS and a real Postgres
//	lmdb_test.go      relays over a store in C, with -tags makes
//	relayer_test.go   more relays, with -tags makes; relayer/ is a module of its own
//	truth_test.go     what is archived against what the relay serves
//	walk_test.go      every relay: the first walk, a later one, live
package realrelays
