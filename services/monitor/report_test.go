package monitor

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

func TestReasons(t *testing.T) {
	for want, err := range map[string]error{
		"":                     nil,
		"not_open":             errNotOpen,
		"no_time":              errNoTime,
		"rejected":             &rejection{relay.OK{Text: "no"}},
		"auth_required":        &rejection{relay.OK{Prefix: "auth-required"}},
		"closed_auth_required": &relay.Error{Class: relay.ClassClosed, Prefix: "auth-required"},
		"upgrade_403":          &relay.Error{Class: relay.ClassUpgrade, Status: 403},
		"other":                io.EOF,
	} {
		if got := reasonOf(err); got != want {
			t.Errorf("reasonOf(%v) got %q, want %q", err, got, want)
		}
	}
}

func TestMillisecondsOfWhatWasMeasuredAreNeverZero(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		-1: 0, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 1<<63 - 1: 3_600_000,
	} {
		if got := milliseconds(d); got != want {
			t.Errorf("milliseconds(%d) got %d, want %d", d, got, want)
		}
	}
}

// FuzzReport hands a stranger's words and document through to the wire and back: nothing a relay says may keep its round
// from being told, and a document comes out byte for byte.
func FuzzReport(f *testing.F) {
	f.Add("plain", []byte(`{"name":"relay"}`))
	f.Add("nul \x00 and \xff", []byte("{\"name\":\"\x00\xff\"}"))
	f.Add("surrogate \xed\xa0\x80", []byte(`{"name":"\ud800","supported_nips":[11111111111111111111111111]}`))
	f.Add(strings.Repeat("\u20ac", 100), []byte("<html>"))
	f.Fuzz(func(t *testing.T, words string, body []byte) {
		own := document.Message(document.NIP11, body)
		r := &round{url: "wss://relay.example.com", at: time.Unix(1_800_000_000, 0), tools: &tools{}, results: []Result{
			{Check: "read", Err: &relay.Error{Class: relay.ClassClosed, Text: words}},
			{Check: "write", Err: &rejection{relay.OK{Text: words}}},
			{Check: "nip11", Documents: []*ingest.Document{own}},
		}}
		state := realPace.decide(store.State{}, false, down, r.at)
		wire, err := ingest.Encode(r.report("main", state, r.at))
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		batch, err := ingest.Decode(wire)
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		check := batch.Checks[0]
		for _, result := range check.Results {
			if len(result.Text) > maxText || !utf8.ValidString(result.Text) || strings.ContainsAny(result.Text, "\x00\n\r\x1b\x7f") {
				t.Errorf("%s: got the words %q", result.Check, result.Text)
			}
		}
		got := check.Documents[0]
		if sum := sha256.Sum256(body); !bytes.Equal(got.Body, body) || !bytes.Equal(got.Sha256, sum[:]) {
			t.Errorf("got document %q with sum %x, want %q", got.Body, got.Sha256, body)
		}
	})
}
