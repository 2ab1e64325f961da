// Package geoip reads where addresses are and who announces them from database files of MaxMind's format, and fetches such
// files.
//
// It ships no database, knows no vendor, and looks nothing up over the network.
//
// It promises that a file that is replaced is read anew within half a minute and that one that cannot be read leaves the
// last good one in use; that a file is held in memory, so that nobody who writes over it ends the process; that Update
// puts a file in place whole and checked, or not at all.
//
//	doc.go      this text                  databases.go  New, the two files
//	file.go     a file that may be replaced  place.go    city and country of an address
//	network.go  its ASN and prefix         geohash.go    a place as one word
//	update.go   fetching                   unpack.go     gzip and tar
package geoip
