//go:build !libsecp256k1 || !cgo

package event

import (
	"bytes"
	"encoding/hex"

	"github.com/btcsuite/btcd/btcec/v2/schnorr"
)

// Engine names the implementation that checks signatures.
const Engine = "btcec"

const (
	// batchMin is the fewest signatures that are well cheaper to check together than one by one.
	batchMin = 8
	// authorsMax is the largest share of different authors, in percent, at which that holds: any.
	authorsMax = 100
	// forgedMax is how many forged signatures are searched for by halves before the rest is checked one by one, which is
	// the cheaper way from there on: a page of nothing but forgeries costs about twice what it would without batches.
	forgedMax = 3
)

// The field prime and the group order of secp256k1, big-endian.
var (
	fieldPrime = mustHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")
	groupOrder = mustHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
)

// verify checks a BIP-340 signature in pure Go. The bounds of r and s are checked here because versions of the library
// differ in whether they accept s = n, and an archive must not depend on it.
func verify(pubkey *PubKey, id *ID, sig *[64]byte) bool {
	if bytes.Compare(sig[:32], fieldPrime) >= 0 || bytes.Compare(sig[32:], groupOrder) >= 0 {
		return false
	}
	point, err := schnorr.ParsePubKey(pubkey[:])
	if err != nil {
		return false
	}
	parsed, err := schnorr.ParseSignature(sig[:])
	return err == nil && parsed.Verify(id[:], point)
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
