package event

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWork(t *testing.T) {
	for want, id := range map[int]ID{0: {0x80}, 1: {0x40}, 8: {0, 0xff}, 15: {0, 1}, 256: {}} {
		if got := Work(id); got != want {
			t.Errorf("Work(%x) got %d, want %d", id, got, want)
		}
	}
}

func TestSignWithWork(t *testing.T) {
	key := GenerateKey()
	for _, difficulty := range []int{0, 1, 8, 14} {
		e, err := key.SignWithWork(t.Context(), 1_700_000_000, 22456, [][]string{{"expiration", "1700000060"}}, "tag \"quoted\"\n", difficulty, time.Minute)
		if err != nil || Work(e.ID) < difficulty || !e.CheckID() || !e.CheckSignature() {
			t.Fatalf("SignWithWork of %d bits got %x and %v", difficulty, e.ID, err)
		}
		tags := e.DecodeTags()
		if len(tags) != 2 || tags[1][0] != "nonce" || len(tags[1][1]) != nonceDigits || tags[0][1] != "1700000060" {
			t.Errorf("got tags %v, want the nonce behind the others", tags)
		}
	}
}

func TestWorkIsBounded(t *testing.T) {
	key := GenerateKey()
	if _, err := key.SignWithWork(t.Context(), 1, 1, nil, "", 200, 10*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("200 bits got %v, want the end of the time allowed", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := key.SignWithWork(ctx, 1, 1, nil, "", 200, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled search got %v, want its cancellation", err)
	}
}

func TestAdvance(t *testing.T) {
	digits := []byte("0099")
	if advance(digits); string(digits) != "0100" {
		t.Errorf("after 0099 got %s, want 0100", digits)
	}
	digits = []byte("99")
	if advance(digits); string(digits) != "00" {
		t.Errorf("after 99 got %s, want 00", digits)
	}
}
