//go:build libsecp256k1 && cgo

package event

/*
#cgo pkg-config: libsecp256k1
#cgo noescape schnorr_verify
#cgo nocallback schnorr_verify
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

// The static context is enough to verify; only signing needs one that is randomised.
static int schnorr_verify(const unsigned char *pubkey, const unsigned char *id, const unsigned char *sig) {
	secp256k1_xonly_pubkey point;
	return secp256k1_xonly_pubkey_parse(secp256k1_context_static, &point, pubkey) &&
		secp256k1_schnorrsig_verify(secp256k1_context_static, sig, id, 32, &point);
}
*/
import "C"

// Engine names the implementation that checks signatures.
const Engine = "libsecp256k1"

const (
	// batchMin is the fewest signatures that are cheaper to check together, which is done in Go, than one by one.
	batchMin = 200
	// authorsMax is the largest share of different authors, in percent, at which that holds.
	authorsMax = 60
	// forgedMax is how many forged signatures are searched for by halves before the rest is checked one by one: one alone
	// costs little more than its share of two sums.
	forgedMax = 0
)

// verify checks a BIP-340 signature in the C library of Bitcoin Core, which is about five times as fast as pure Go.
func verify(pubkey *PubKey, id *ID, sig *[64]byte) bool {
	return C.schnorr_verify((*C.uchar)(&pubkey[0]), (*C.uchar)(&id[0]), (*C.uchar)(&sig[0])) == 1
}
