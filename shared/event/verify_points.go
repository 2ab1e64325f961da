package event

import (
	"crypto/rand"
	"crypto/sha256"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fp"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"
)

// read fills R, s and e from the event, and reports false for r that is the x of no point and for s out of bounds, which
// no single check accepts either.
func (c *claim) read() bool {
	sig := &c.event.Sig
	if c.s.SetBytesCanonical(sig[32:]) != nil {
		return false
	}
	var ok bool
	c.r, ok = lift(sig[:32])
	c.e = challenge(c.event)
	return ok
}

// lift returns the point with this x and an even y, which is what BIP-340 calls lift_x.
func lift(x []byte) (point secp256k1.G1Affine, ok bool) {
	if point.X.SetBytesCanonical(x) != nil {
		return point, false
	}
	var square, seven fp.Element
	seven.SetUint64(7)
	square.Square(&point.X).Mul(&square, &point.X).Add(&square, &seven)
	if point.Y.Sqrt(&square) == nil {
		return point, false
	}
	if point.Y.Bits()[0]&1 == 1 {
		point.Y.Neg(&point.Y)
	}
	return point, true
}

// challengeTag starts every challenge: the hash of its name, twice.
var challengeTag = func() (tag [64]byte) {
	hash := sha256.Sum256([]byte("BIP0340/challenge"))
	copy(tag[:32], hash[:])
	copy(tag[32:], hash[:])
	return tag
}()

// challenge returns e, which binds a signature to its author and its message.
func challenge(event *Event) (e fr.Element) {
	var text [160]byte
	copy(text[:], challengeTag[:])
	copy(text[64:], event.Sig[:32])
	copy(text[96:], event.PubKey[:])
	copy(text[128:], event.ID[:])
	hash := sha256.Sum256(text[:])
	e.SetBytes(hash[:])
	return e
}

// coefficientBytes is the width of a coefficient: a forgery passes a batch once in 2¹²⁸.
const coefficientBytes = 16

// randomCoefficients draws n coefficients from the system's source of randomness, which ends the process if it fails.
func randomCoefficients(n int) []fr.Element {
	random := make([]byte, n*coefficientBytes)
	_, _ = rand.Read(random)
	coefficients := make([]fr.Element, n)
	var wide [fr.Bytes]byte
	for i := range coefficients {
		copy(wide[fr.Bytes-coefficientBytes:], random[i*coefficientBytes:])
		coefficients[i].SetBytes(wide[:])
	}
	return coefficients
}

// isZero reports whether the points times their scalars add up to nothing, on one core: whoever checks many batches
// decides how many of them run at once.
func isZero(points []secp256k1.G1Affine, scalars []fr.Element) bool {
	var sum secp256k1.G1Jac
	_, err := sum.MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1})
	return err == nil && sum.Z.IsZero()
}
