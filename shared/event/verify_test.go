package event

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
)

func TestVerifyOfficialVectors(t *testing.T) {
	data, ok := dataFile(t, "vectors/bip340.csv")
	if !ok {
		return
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, row := range rows[1:] {
		if len(row[4]) != 64 {
			t.Logf("not run: vector %s, whose message is no id: it has %d bytes", row[0], len(row[4])/2)
			continue
		}
		e := vector(t, row[2], row[4], row[5])
		if got, want := e.CheckSignature(), row[6] == "TRUE"; got != want {
			t.Errorf("vector %s (%s): got %v, want %v", row[0], row[7], got, want)
		}
		ran++
	}
	if ran != 15 {
		t.Errorf("got %d vectors with a message of 32 bytes, want 15", ran)
	}
}

// The bounds of r, s and the public key, on signatures that hold otherwise, as far as such can be made.
func TestVerifyBounds(t *testing.T) {
	const (
		prime = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
		order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	)
	good := testKey.Sign(1_700_000_000, 1, nil, "x")
	pubkey, id, r, s := good.PubKey.String(), good.ID.String(), hex.EncodeToString(good.Sig[:32]), hex.EncodeToString(good.Sig[32:])
	zero, ones := strings.Repeat("0", 64), strings.Repeat("f", 64)
	cases := []struct {
		name, pubkey, sig string
		want              bool
	}{
		{"good", pubkey, r + s, true},
		{"s plus the order", pubkey, r + plusOrder(t, good.Sig[32:]), false},
		{"s is the order", pubkey, r + order, false},
		{"s is all ones", pubkey, r + ones, false},
		{"s is zero", pubkey, r + zero, false},
		{"s negated", pubkey, r + negated(good.Sig[32:]), false},
		{"r is the prime", pubkey, prime + s, false},
		{"r is all ones", pubkey, ones + s, false},
		{"r is zero", pubkey, zero + s, false},
		{"all zero", pubkey, zero + zero, false},
		{"pubkey is zero", zero, r + s, false},
		{"pubkey is the prime", prime, r + s, false},
		{"pubkey off the curve", "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34", r + s, false},
		{"another author", GenerateKey().PubKey().String(), r + s, false},
	}
	for _, c := range cases {
		if e := vector(t, c.pubkey, id, c.sig); e.CheckSignature() != c.want {
			t.Errorf("%s: got %v, want %v", c.name, !c.want, c.want)
		}
	}
}

// Any change of one bit, or of several bytes, must break a signature, and agree with the library's own verdict.
func TestVerifyMutations(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 8 {
		good := GenerateKey().Sign(int64(round), 1, nil, "mutate")
		if !good.CheckSignature() {
			t.Fatal("got a bad signature from Sign")
		}
		for range 60 {
			bad := good
			target := [][]byte{bad.Sig[:], bad.ID[:], bad.PubKey[:]}[random.IntN(3)]
			for range 1 + random.IntN(3) {
				target[random.IntN(len(target))] ^= 1 << random.IntN(8)
			}
			if want := same(bad, good); bad.CheckSignature() != want || oracle(bad) != want {
				t.Fatalf("got %v and %v for a mutation, want %v: %x", bad.CheckSignature(), oracle(bad), want, bad.Sig)
			}
		}
	}
}

// oracle is the library's own way to verify, whichever engine is built in.
func oracle(e Event) bool {
	point, err := schnorr.ParsePubKey(e.PubKey[:])
	if err != nil {
		return false
	}
	sig, err := schnorr.ParseSignature(e.Sig[:])
	return err == nil && sig.Verify(e.ID[:], point)
}

func vector(t *testing.T, pubkey, message, sig string) Event {
	t.Helper()
	var e Event
	for dst, text := range map[*[]byte]string{ptr(e.PubKey[:]): pubkey, ptr(e.ID[:]): message, ptr(e.Sig[:]): sig} {
		if !decodeHex(*dst, strings.ToLower(text)) {
			t.Fatalf("not hex of the right length: %s", text)
		}
	}
	return e
}

func ptr(b []byte) *[]byte { return &b }

// plusOrder returns s + n where that fits 32 bytes, and n + 1 otherwise: the same scalar, or a small one, out of bounds.
func plusOrder(t *testing.T, s []byte) string {
	t.Helper()
	sum := make([]byte, 32)
	order := btcec.S256().N.FillBytes(make([]byte, 32))
	carry := 0
	for i := 31; i >= 0; i-- {
		carry += int(s[i]) + int(order[i])
		sum[i], carry = byte(carry), carry>>8
	}
	if carry > 0 {
		order[31]++
		return hex.EncodeToString(order)
	}
	return hex.EncodeToString(sum)
}

func negated(s []byte) string {
	var scalar btcec.ModNScalar
	scalar.SetByteSlice(s)
	b := scalar.Negate().Bytes()
	return hex.EncodeToString(b[:])
}
