package event

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"strconv"
	"time"
)

const (
	nonceDigits = 20      // of the counter, so that trying another one changes no length
	workStride  = 1 << 12 // hashes between two looks at the clock, about 2 ms
)

// Work is the number of leading zero bits of an id: the proof of work that it shows (NIP-13).
func Work(id ID) int {
	n := 0
	for _, b := range id {
		n += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return n
}

// SignWithWork makes an event as Sign does, with a nonce tag behind the others that brings its id to so many leading zero
// bits (NIP-13). It takes 2^difficulty hashes on one core, about 0.4 µs each, and ends with ctx or after longest.
func (k Key) SignWithWork(ctx context.Context, createdAt int64, kind uint16, tags [][]string, content string, difficulty int, longest time.Duration) (Event, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	wanted := strconv.Itoa(difficulty)
	with := func(nonce string) [][]string {
		return append(append([][]string{}, tags...), []string{"nonce", nonce, wanted})
	}
	e := Event{PubKey: k.pubkey, CreatedAt: createdAt, Kind: kind}
	preimage := appendTags(e.appendHead(nil), with(fmt.Sprintf("%0*d", nonceDigits, 0)))
	end := len(preimage) - len(`","`+wanted+`"]]`)
	preimage = append(appendQuoted(append(preimage, ','), content, letter), ']')
	for digits := preimage[end-nonceDigits : end]; ; {
		for range workStride {
			if Work(sha256.Sum256(preimage)) >= difficulty {
				return k.Sign(createdAt, kind, with(string(digits)), content), nil
			}
			advance(digits)
		}
		if err := ctx.Err(); err != nil {
			return Event{}, fmt.Errorf("find a proof of work of %d bits: %w", difficulty, err)
		}
	}
}

// advance adds one to a number in decimal digits.
func advance(digits []byte) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i]++; digits[i] <= '9' {
			return
		}
		digits[i] = '0'
	}
}
