package negentropy

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"pgregory.net/rapid"
)

// numbered makes item n; so many items share one second.
func numbered(n, tied int) Item {
	return Item{CreatedAt: 1_600_000_000 + int64(n/tied), ID: sha256.Sum256(binary.AppendUvarint(nil, uint64(n)))}
}

func numberedSet(from, to, tied int) []Item {
	items := make([]Item, 0, to-from)
	for n := from; n < to; n++ {
		items = append(items, numbered(n, tied))
	}
	return items
}

func sortIDs(ids []event.ID) []event.ID {
	slices.SortFunc(ids, func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// without lists the ids of a that b lacks.
func without(a, b []Item) (ids []event.ID) {
	known := map[Item]bool{}
	for _, it := range b {
		known[it] = true
	}
	for _, it := range a {
		if !known[it] {
			ids = append(ids, it.ID)
		}
	}
	return slices.Compact(sortIDs(ids))
}

// talk runs a reconciliation to its end and counts the bytes of both sides.
func talk(c *Client, frame int, answer func([]byte) ([]byte, error)) (size int, err error) {
	for message := c.Open(); message != nil; {
		reply, err := answer(message)
		if err != nil {
			return size, fmt.Errorf("answer: %w", err)
		}
		if len(message) > c.limits.FrameBytes || frame > 0 && len(reply) > frame {
			return size, fmt.Errorf("got messages of %d and %d bytes, want at most %d and %d", len(message), len(reply), c.limits.FrameBytes, frame)
		}
		size += len(message) + len(reply)
		if message, err = c.Take(reply); err != nil {
			return size, err
		}
	}
	return size, nil
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// reconcile demands that the client learns exactly the difference.
func reconcile(t fataler, ours, theirs []Item, limits Limits, serverFrame int) (*Client, int) {
	t.Helper()
	c := NewClient(NewSet(slices.Clone(ours)), limits)
	s := NewServer(NewSet(slices.Clone(theirs)), Limits{FrameBytes: serverFrame})
	size, err := talk(c, s.limits.FrameBytes, s.Answer)
	if err != nil {
		t.Fatalf("got %v, want a reconciliation", err)
	}
	wantDifference(t, c, ours, theirs)
	return c, size
}

func wantDifference(t fataler, c *Client, ours, theirs []Item) {
	t.Helper()
	if got, want := sortIDs(c.Have()), without(ours, theirs); !slices.Equal(got, want) {
		t.Fatalf("got %d ids that the peer lacks, want %d", len(got), len(want))
	}
	if got, want := c.Need(), without(theirs, ours); !slices.Equal(got, want) {
		t.Fatalf("got %d ids to fetch, want %d", len(got), len(want))
	}
}

func TestRandomSetsReconcileExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 3000).Draw(t, "items")
		tied := rapid.SampledFrom([]int{1, 3, 50, 5000}).Draw(t, "tied")
		ourShare := rapid.SampledFrom([]float64{0, 0.01, 0.5, 0.99, 1}).Draw(t, "ours")
		theirShare := rapid.SampledFrom([]float64{0, 0.01, 0.5, 0.99, 1}).Draw(t, "theirs")
		frames := rapid.SampledFrom([]int{1, 6000, 60_000, 500_000})
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var ours, theirs []Item
		for _, it := range numberedSet(0, n, tied) {
			if rng.Float64() < ourShare {
				ours = append(ours, it)
			}
			if rng.Float64() < theirShare {
				theirs = append(theirs, it)
			}
		}
		reconcile(t, ours, theirs, Limits{FrameBytes: frames.Draw(t, "frame")}, frames.Draw(t, "their frame"))
	})
}

func TestEqualSetsCostNothing(t *testing.T) {
	items := numberedSet(0, 300_000, 3)
	if c, size := reconcile(t, items, items, Limits{}, 0); size >= 200 || c.Rounds() != 1 {
		t.Errorf("got %d bytes in %d rounds, want under 200 in 1", size, c.Rounds())
	}
}

func TestEdges(t *testing.T) {
	near := numbered(7, 1)
	nearer := near
	nearer.ID[31] ^= 1
	ends := []Item{{CreatedAt: 0}, {CreatedAt: 1<<63 - 1, ID: event.ID(bytes.Repeat([]byte{0xff}, 32))}, {CreatedAt: 0, ID: event.ID{31: 1}}}
	many := append(numberedSet(0, 200, 1000), ends...)
	var prefixed []Item // of one second, and equal but for the last two bytes
	for i := range 500 {
		prefixed = append(prefixed, Item{CreatedAt: 5, ID: event.ID{30: byte(i >> 8), 31: byte(i)}})
	}
	for name, tc := range map[string]struct{ ours, theirs []Item }{
		"both empty":        {nil, nil},
		"ours empty":        {nil, many},
		"theirs empty":      {many, nil},
		"last bit":          {[]Item{near}, []Item{nearer}},
		"ends of time":      {many, many[:200]},
		"nothing in common": {prefixed[:250], prefixed[250:]},
		"long prefixes":     {prefixed, append(slices.Clone(prefixed[:99]), prefixed[101:]...)},
		"twice":             {append(many, many...), many},
	} {
		t.Run(name, func(t *testing.T) { reconcile(t, tc.ours, tc.theirs, Limits{FrameBytes: 1}, 1) })
	}
	if n := NewSet([]Item{{CreatedAt: -1}, near, near}).Len(); n != 1 {
		t.Errorf("got %d items, want 1", n)
	}
}

func TestFingerprint(t *testing.T) {
	items := numberedSet(0, 1000, 7)
	set := NewSet(slices.Clone(items))
	for _, part := range [][2]int{{0, 0}, {3, 4}, {10, 990}, {0, 1000}, {1000, 1000}} {
		total := make([]byte, 32)
		for _, it := range set.items[part[0]:part[1]] {
			carry := 0
			for i := range total {
				carry += int(total[i]) + int(it.ID[i])
				total[i], carry = byte(carry), carry>>8
			}
		}
		hash := sha256.Sum256(appendVarint(total, uint64(part[1]-part[0])))
		if got := set.fingerprint(part[0], part[1]); !bytes.Equal(got[:], hash[:16]) {
			t.Errorf("got %x for %v, want %x", got, part, hash[:16])
		}
	}
}

func TestVarint(t *testing.T) {
	for n, want := range map[uint64]string{0: "00", 1: "01", 127: "7f", 128: "8100", 16384: "818000", endless: "81ffffffffffffffff7f"} {
		text := appendVarint(nil, n)
		r := reader{rest: text}
		if back, err := r.varint(); fmt.Sprintf("%x", text) != want || back != n || err != nil || len(r.rest) != 0 {
			t.Errorf("got %x and back %d, %v, want %s and %d", text, back, err, want, n)
		}
	}
}

func TestLimitsEndTheReconciliation(t *testing.T) {
	all := numberedSet(0, 5000, 2)
	server := NewServer(NewSet(slices.Clone(all)), Limits{FrameBytes: 5000})
	half := slices.Clone(all)
	half = slices.DeleteFunc(half, func(it Item) bool { return it.ID[0]&1 == 0 })
	for _, tc := range []struct {
		limits Limits
		want   error
	}{{Limits{Need: 100}, ErrTooMany}, {Limits{Rounds: 3}, ErrRounds}, {Limits{MessageBytes: 400}, ErrTooLarge}} {
		c := NewClient(NewSet(slices.Clone(half)), tc.limits)
		if _, err := talk(c, 0, server.Answer); !errors.Is(err, tc.want) {
			t.Errorf("got %v, want %v", err, tc.want)
		}
		if n := len(c.Need()); tc.limits.Need > 0 && n > tc.limits.Need+1 {
			t.Errorf("got %d ids, want no more than one over %d", n, tc.limits.Need)
		}
		if _, err := c.Take([]byte{version1}); !errors.Is(err, ErrOver) {
			t.Errorf("got %v after the end, want %v", err, ErrOver)
		}
	}
	if _, err := NewServer(NewSet(nil), Limits{MessageBytes: 1}).Answer([]byte{version1, 0}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
}

func TestVersions(t *testing.T) {
	var version *VersionError
	if _, err := NewClient(NewSet(nil), Limits{}).Take([]byte{0x62}); !errors.As(err, &version) || version.Version != 0x62 {
		t.Errorf("got %v, want the peer's version", err)
	}
	reply, err := NewServer(NewSet(nil), Limits{}).Answer([]byte{0x6f, 1, 2, 3})
	if !bytes.Equal(reply, []byte{version1}) || err != nil {
		t.Errorf("got %x, %v, want our version alone", reply, err)
	}
}

func BenchmarkSet100k(b *testing.B) {
	items := numberedSet(0, 100_000, 3)
	for b.Loop() {
		NewSet(slices.Clone(items))
	}
}

// BenchmarkReconcile100k compares 100,000 items with the same and 500 others.
func BenchmarkReconcile100k(b *testing.B) {
	theirs := numberedSet(0, 100_000, 3)
	ours := slices.DeleteFunc(slices.Clone(theirs), func(it Item) bool { return it.ID[0] == 7 })
	mine, server := NewSet(ours), NewServer(NewSet(theirs), Limits{})
	size, rounds := 0, 0
	for b.Loop() {
		c := NewClient(mine, Limits{})
		var err error
		if size, err = talk(c, 0, server.Answer); err != nil {
			b.Fatal(err)
		}
		rounds = c.Rounds()
	}
	b.ReportMetric(float64(size), "wire-B")
	b.ReportMetric(float64(rounds), "rounds")
}
