// Package diagnosis tells the operator of a relay what is wrong with it and what mends it, from what the archive knows: the
// rows and documents of the last round of checks, and what the synchronizer and other monitors met.
//
// It owns the table of findings: their names, which are public interface, when each holds, and its mend. It does not own
// what is measured (services/monitor), nor how findings are shown (command line, API). Its functions are pure: the same
// evidence gives the same findings, and no relay's text decides more than its own.
//
// docs/reference/findings.md is made of the table.
//
//	finding.go      Finding, Of, the table
//	evidence.go     Evidence: what is looked at, from one vantage
//	reach.go        whether it can be connected to and read from
//	certificate.go  TLS
//	information.go  the information document (NIP-11) and how it is served
//	claims.go       what it says of itself against what it does
package diagnosis
