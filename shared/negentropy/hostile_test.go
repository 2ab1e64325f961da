package negentropy

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"runtime/metrics"
	"strings"
	"testing"
)

const ff = "ffffffffffffffff"

var bad = map[string]string{
	"empty":                     "",
	"not the protocol":          "41",
	"mode missing":              "61" + "0000",
	"unknown mode":              "61" + "0000" + "03",
	"fingerprint cut":           "61" + "0000" + "01" + ff,
	"ids cut":                   "61" + "0000" + "02" + "02" + ff + ff + ff + ff,
	"a claim of 2^63 ids":       "61" + "0000" + "02" + "81808080808080808000",
	"a claim of gigabytes":      "61" + "0000" + "02" + "8480808000",
	"time of 77 bits":           "61" + ff + "ff7f" + "00" + "00",
	"time beyond the end":       "61" + "05" + "00" + "00" + "81ffffffffffffffff7f" + "00" + "00",
	"the reserved time":         "61" + "06" + "00" + "00" + "81ffffffffffffffff7b" + "00" + "00",
	"number without end":        "61" + "80808080808080808080808000",
	"prefix of 33 bytes":        "61" + "05" + "21" + ff + ff + ff + ff + "ff" + "00",
	"prefix cut":                "61" + "05" + "20" + ff,
	"prefix of infinity":        "61" + "00" + "01ff" + "00",
	"prefix goes back":          "61" + "05" + "02ff01" + "00" + "01" + "01ff" + "00",
	"something behind infinity": "61" + "0000" + "00" + "05" + "00" + "00",
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	set := NewSet(numberedSet(0, 100, 2))
	for name, text := range bad {
		message, err := hex.DecodeString(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := NewClient(set, Limits{}).Take(message); !errors.Is(err, ErrMalformed) {
			t.Errorf("client, %s: got %v, want %v", name, err, ErrMalformed)
		}
		if _, err := NewServer(set, Limits{}).Answer(message); !errors.Is(err, ErrMalformed) {
			t.Errorf("server, %s: got %v, want %v", name, err, ErrMalformed)
		}
	}
}

// Peers that cut a list at their frame end in two infinite bounds.
func TestTwoInfiniteBoundsAreRead(t *testing.T) {
	set := NewSet(numberedSet(0, 100, 2))
	print := set.fingerprint(100, 100)
	message := append([]byte{version1, 0, 0, byte(modeIDs), 0, 0, 0, byte(modeFingerprint)}, print[:]...)
	c := NewClient(set, Limits{})
	if reply, err := c.Take(message); reply != nil || err != nil || len(c.Have()) != 100 {
		t.Errorf("got %x, %v and %d ids, want the end and 100", reply, err, len(c.Have()))
	}
}

// A message that ends at the frame must speak of all that follows its last bound: a peer that has nothing between that
// bound and where the fingerprint really begins would take the two for equal.
func TestEveryRangeSaysWhatTheSetHas(t *testing.T) {
	set := NewSet(numberedSet(0, 5000, 3))
	w := newWriter()
	for at := 100; at < 5000; at += 100 {
		w.bound(set.boundAt(at), at, modeFingerprint)
		w.out = append(w.out, make([]byte, 16)...) // that of nobody
		w.bound(set.boundAt(at+10), at+10, modeSkip)
		w.bound(set.boundAt(at+20), at+20, modeIDs)
		w.out = append(w.out, 0)
	}
	reply, err := NewServer(set, Limits{FrameBytes: minFrame}).Answer(w.out)
	if err != nil || len(reply) > minFrame {
		t.Fatalf("got %d bytes, %v, want a frame", len(reply), err)
	}
	r, from, modes := reader{rest: reply[1:]}, 0, map[mode]int{}
	for len(r.rest) > 0 {
		s, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		to := set.find(from, s.upper)
		if s.mode == modeFingerprint && s.print != set.fingerprint(from, to) || s.mode == modeIDs && len(s.ids) != (to-from)*idBytes {
			t.Errorf("got a wrong word about items %d to %d", from, to)
		}
		from, modes[s.mode] = to, modes[s.mode]+1
	}
	if from != set.Len() || modes[modeSkip] == 0 || modes[modeIDs] == 0 || modes[modeFingerprint] < 2 {
		t.Errorf("got an answer up to item %d with modes %v, want all items and every mode", from, modes)
	}
}

// allocated is what the process has ever allocated, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// bounded demands that a message makes us allocate no more than a small multiple of itself, and a frame. What others of the
// process allocate meanwhile counts, too: of three tries one has to do.
func bounded(t *testing.T, message []byte, frame int, do func()) {
	most := uint64(64*len(message) + 8*frame + (256 << 10))
	var got uint64
	for range 3 {
		before := allocated()
		do()
		if got = allocated() - before; got <= most {
			return
		}
	}
	t.Fatalf("got %d bytes allocated for a message of %d, want at most %d", got, len(message), most)
}

func seed(f *testing.F) {
	set := NewSet(numberedSet(0, 300, 4))
	for _, text := range bad {
		message, _ := hex.DecodeString(text)
		f.Add(message)
	}
	f.Add(NewClient(set, Limits{}).Open())
	f.Add(NewClient(NewSet(numberedSet(0, 20, 1)), Limits{}).Open())
	w := newWriter()
	w.split(set, bound{time: endless}, set.Len())
	f.Add(w.out)
	f.Add(bytes.Repeat(w.out, 9))
	f.Add([]byte("a" + strings.Repeat("\x01\x00\x02\x00", 500)))
}

func FuzzClientTake(f *testing.F) {
	seed(f)
	set := NewSet(numberedSet(100, 5000, 4))
	f.Fuzz(func(t *testing.T, message []byte) {
		var c *Client
		bounded(t, message, DefaultFrameBytes, func() {
			c = NewClient(set, Limits{Need: 50})
			if reply, err := c.Take(message); len(reply) > DefaultFrameBytes || err != nil && reply != nil {
				t.Fatalf("got %d bytes and %v", len(reply), err)
			}
		})
		if len(c.need) > 51 {
			t.Fatalf("got %d ids, want at most 51", len(c.need))
		}
	})
}

func FuzzServerAnswer(f *testing.F) {
	seed(f)
	server := NewServer(NewSet(numberedSet(100, 5000, 4)), Limits{FrameBytes: minFrame})
	f.Fuzz(func(t *testing.T, message []byte) {
		bounded(t, message, minFrame, func() {
			if reply, err := server.Answer(message); len(reply) > minFrame || (err == nil) != (len(reply) > 0) {
				t.Fatalf("got %d bytes and %v", len(reply), err)
			}
		})
	})
}

// A set with everything that a time can be, for the arithmetic of bounds.
func TestReadsItsOwnMessages(t *testing.T) {
	items := []Item{{CreatedAt: 0}, {CreatedAt: math.MaxInt64}}
	set := NewSet(append(items, numberedSet(0, 60, 60)...))
	w := newWriter()
	w.split(set, bound{time: endless}, set.Len())
	c := NewClient(set, Limits{})
	if reply, err := c.Take(w.out); reply != nil || err != nil {
		t.Errorf("got %x, %v, want the end at once", reply, err)
	}
}
