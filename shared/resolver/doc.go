// Package resolver asks name servers for what the resolver of the system keeps to itself: TTL, CNAME, NS and PTR of a
// relay's name.
//
// It does not resolve names for connections (shared/relay does, guarded), and follows nothing that it learns.
//
// It promises that every question ends with its context, that answers are bounded and sorted, and that names in them are
// clean text. It never asks for the names of overlays: whoever calls it says only names of the clearnet.
//
//	doc.go      this text               resolver.go  New, Records
//	exchange.go one question to one of the servers    read.go  what answers say
package resolver
