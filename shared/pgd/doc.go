// Package pgd runs a private Postgres from the machine's own binaries, for the default run and for tests.
//
// It owns the cluster's directory, the postgres child and its Unix socket. It does not own databases, roles or schema,
// opens no TCP port, installs nothing, and touches no other cluster of the machine.
//
// Promises: Start makes the cluster when there is none, and returns when it takes connections. Postgres never runs as
// root: a root process hands the data to user postgres or nobody. Stop is a fast shutdown and returns when the child
// is gone. After a crash of this process the next Start finds the Postgres that was left behind, stops it and goes on; a
// crash of Postgres is reported by Done and Err and recovered by the next Start. A crash while the cluster was being
// made leaves nothing that looks like one. Two live processes never share a directory.
//
// Files:
//
//	server.go     Config, New, Start, URL, Stop
//	child.go      the postgres process: start, readiness, end
//	find.go       the binaries
//	cluster.go    the data directory: make, check, take over
//	identity.go   who Postgres runs as, and whether that user can reach the data
//	orphan.go     what a crash left behind
//	lock.go       one owner per directory
//	settings.go   presets
//	memory.go     how much memory and log Postgres may take
//	backup.go     WAL archive, base backups
//	log.go        what Postgres prints, as slog records
package pgd
