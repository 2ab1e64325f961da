// Package retention reads the rules that say what an archive does not keep, and tells which events they match.
//
// Owns: the form of RETENTION_RULES and what a rule means. Does not own: removing (store, services/eraser) and refusing
// (the writer), which both ask here, so that what was removed does not come back.
//
// Promises: no rule ever matches a deletion (kind 5) or a request to vanish (kind 62): without them what they name would be
// shown again.
//
//	config.go  where the rules are, how often they are applied
//	read.go    the file
//	rule.go    what a rule matches
package retention
