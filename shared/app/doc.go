// Package app is the frame of every process: configuration from the environment, logs, signals, and the HTTP endpoints
// an operator asks.
//
// It owns the names of settings' tags and of log keys, how a process starts and ends, and /livez, /readyz and /metrics. It
// does not own any service's settings, any connection, or the command line.
//
// Promises: Load reports everything that is wrong with an environment at once and never prints a secret. Run ends every
// service at the first signal or the first fatal error, returns within the grace, and names who did not make it; a second
// signal ends the process at once with status 130. Quote makes a stranger's text safe for a terminal and a log.
//
// Files:
//
//	app.go       Service, Run
//	config.go    the settings every process has
//	env.go       Load, Environ, Secret twins
//	fields.go    the tagged fields of a configuration, Settings
//	ranges.go    the range tag
//	secret.go    Secret
//	size.go      Size
//	log.go       log keys, NewLogger, Quote
//	ops.go       the operator's HTTP endpoints
//	sleep.go     Jitter, Sleep
package app
