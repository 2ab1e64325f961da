// Package event says what a Nostr event is: its strict reading, its id, its signature, its JSON, its tags and the filters
// that select it (NIP-01).
//
// Owns: the bytes of an event. What is signed is never altered: [Event.Tags] and [Event.Content] hold the text exactly as
// the id hashes it, and every other shape (JSON, Go strings, Postgres text) is derived from it.
//
// Does not own: sockets and frames (relay), storage (store), or policy: expiration, deletion and protection are decided by
// whoever reads the archive.
//
// Promises: [Parse] accepts an event only if its shape is NIP-01's and its id is the hash of its content, in one of the
// preimages that signers really use; no input makes it panic, recurse or allocate more than a small multiple of its
// length, and it retains no byte of it. [Parse] does not check the signature: [Event.CheckSignature] does. Errors carry a
// [Reason] from a closed set and never a stranger's bytes.
//
// Four preimages are tried, in this order, because NIP-01 leaves control characters to taste:
//
//	letter     only \n \" \\ \r \t \b \f are escaped, everything else is verbatim (NIP-01 to the letter)
//	wire       the escapes are those that were sent; the only one that can hold what the sender alone spells that way
//	stringify  other control characters as \u00xx, lone surrogates as \udxxx, in lower case (what JSON.stringify writes)
//	strfry     the same, and DEL as \u007f
//
// A lone surrogate that a signer replaced by U+FFFD is refused: the signature then covers a text that was never sent.
//
// Files:
//
//	event.go     Event, ID, PubKey and the limits
//	errors.go    Reason and Error
//	scan.go      the strict JSON scanner: strings, integers, hex, lists, objects
//	skip.go      members we do not know, without recursion
//	parse.go     Parse and ScanID
//	preimage.go  the id and its four preimages
//	text.go      JSON strings: decode, quote, rewrite
//	tags.go      walking, decoding and hashing tags
//	json.go      AppendJSON
//	row.go       New, and the shapes an event takes in Postgres
//	kind.go      kind classes
//	policy.go    what an event asks of those who keep it: to expire, to delete, to vanish, to stay where it is
//	verify.go    CheckSignature and CheckSignatures; verify_pure.go BIP-340 in pure Go, verify_libsecp256k1.go by that
//	             library, behind a build tag of its name
//	verify_batch.go   many signatures in one sum, and the search for those that spoil it
//	verify_points.go  what the sum is made of: points, challenges, coefficients
//	key.go       secret keys and signing; wrap.go private messages (NIP-17)
//	entity.go    authors and ids as people write them
//	filter.go    filters: matching and identity
//	filter_json.go  filters as JSON
package event
