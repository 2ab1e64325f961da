// Package view is the public JSON form of what the archive holds: what commands print and what the API answers, so that both
// say the same. Field names are frozen by golden files. Times are RFC 3339 in UTC, null for none; texts are the words of
// strangers, and whoever shows them escapes them.
//
//	relay.go      everything that is known of a relay
//	health.go     how it fared, and what monitors of others say
//	candidate.go  a URL that was found
package view
