// Package document is the form of what the monitor's checks bring home: a small type for each check, and one way to turn it
// into bytes that are named by their content and to read it again. The monitor writes them; whoever publishes, judges or
// shows relays reads them, from Postgres.
//
// It does not own how something is measured (services/monitor), nor where it is kept (tables document and relay_document).
//
// It promises that equal findings are equal bytes, so that a relay's history grows only when something changed. So nothing
// that moves by itself is in a document: times taken, a TTL that counts down, a number of events; those are in the row of
// the check. It promises also that the bytes are JSON that every reader takes, jsonb of Postgres included, whatever a
// relay sent: texts are cut and cleaned by relay.Tidy before, and Encode lets no control character through.
//
// The one document that is not in this form is NIP11: the bytes of the relay information document as the relay sent them.
//
//	doc.go     this text          name.go    the names of checks and documents
//	encode.go  Encode, Decode     ask.go     read, write, auth
//	info.go    the answer to a request for the information document (NIP-11)
//	dns.go     dns                tls.go     tls
//	place.go   geo, net           http.go    http
//	ability.go capabilities      patch.go  what two versions differ in
package document
