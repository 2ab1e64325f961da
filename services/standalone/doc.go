// Package standalone assembles services into one process: the one of `bigbrotr run all`, and that of any single service.
//
// Owns: the settings of all services as one Config, the embedded NATS server and the private Postgres of the default run,
// the order in which things start and stop, what /readyz says meanwhile, and the words for people. Does not own: what
// any service does, or the command line.
//
// Promises: servers start before services and stop after them; the initializer is done before any other service begins,
// in this process or in another one; a dependency that is not there yet is waited for, and /readyz says for what; when
// Run returns, nothing that it started is left. A crash at any point leaves what the next start needs and no lock that
// it would wait for.
//
// Files:
//
//	config.go    Config, Load, Settings
//	places.go    where a running process has its servers, for the other verbs
//	servers.go   the embedded servers and the bounds of the streams
//	services.go  the table of services
//	worker.go    one service: connect, wait, run, close
//	door.go      the gate that all services of the process share, and what a pause does
//	run.go       Run
//	status.go    a look at the whole system
//	progress.go  what is printed while everything runs
//	demo.go      a network of its own to run on
//	demorow.go   what the archive made of each of its relays
package standalone
