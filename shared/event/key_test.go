package event

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip19"
)

func TestParseKey(t *testing.T) {
	digits := strings.Repeat("0", 63) + "3"
	nsec, err := nip19.EncodePrivateKey(digits)
	if err != nil {
		t.Fatal(err)
	}
	const point3 = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
	npub, err := nip19.EncodePublicKey(point3)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{digits, nsec, " " + nsec + "\r\n"} {
		key, err := ParseKey(text)
		if err != nil || key.PubKey().String() != point3 {
			t.Errorf("%q: got %v %v, want the key of %s", text, key.PubKey(), err, point3)
		}
	}
	order := "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	for _, text := range []string{"", "3", digits + "00", strings.Repeat("0", 64), order, strings.Repeat("f", 64), nsec[:len(nsec)-1] + "b", npub, "nsec1", "zz" + digits[2:]} {
		_, err := ParseKey(text)
		if err == nil {
			t.Errorf("%q: got a key, want an error", text)
		} else if len(text) > 5 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestKeyNeverPrintsItself(t *testing.T) {
	key := GenerateKey()
	secret := hex.EncodeToString(key.secret.Serialize())
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		if got := fmt.Sprintf(verb, key); got != "***" {
			t.Errorf("%s: got %s, want ***", verb, got)
		}
		fmt.Fprintf(&out, verb+" "+verb+"\n", key, struct{ K Key }{key})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", key, "in", struct{ K Key }{key})
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", key, "in", struct{ K Key }{key})
	if err := json.NewEncoder(&out).Encode(map[string]any{"key": key, "ptr": &key}); err != nil {
		t.Fatal(err)
	}
	asJSON, _ := key.MarshalJSON()
	asText, _ := key.MarshalText()
	fmt.Fprintln(&out, key, key.String(), key.GoString(), string(asJSON), string(asText))
	text := strings.ToLower(out.String())
	if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprint(key.secret.Serialize())) || !strings.Contains(text, "***") {
		t.Errorf("got the secret printed, want it hidden: %s", out.String())
	}
}

func TestSign(t *testing.T) {
	tags := [][]string{{"e", "a\"b\\\n"}, {}, {"t", "ä😀", ""}, {"c", "\x01\x7f"}}
	e := testKey.Sign(1_700_000_000, 30_023, tags, "line\n\x00 \u2028 <&>")
	if !e.CheckID() || !e.CheckSignature() {
		t.Fatalf("got an event that does not hold: %q", e.AppendJSON(nil))
	}
	checkEvent(t, e)
	parsed, err := Parse(e.AppendJSON(nil))
	if err != nil || !same(parsed, e) {
		t.Errorf("got %v, want the signed event back", err)
	}
	if got := e.DecodeTags(); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tags) {
		t.Errorf("got tags %q, want %q", got, tags)
	}
	if got := e.DecodeContent(); got != "line\n\x00 \u2028 <&>" {
		t.Errorf("got content %q", got)
	}
	again := testKey.Sign(1_700_000_000, 30_023, tags, "line\n\x00 \u2028 <&>")
	if again.ID != e.ID || again.Sig == e.Sig {
		t.Error("want the same id and, for the fresh randomness, another signature")
	}
	broken := testKey.Sign(0, 1, [][]string{{"x", "\xff"}}, "a\xffb")
	if got := broken.DecodeContent(); got != "a\ufffdb" || !broken.CheckSignature() {
		t.Errorf("got %q for bytes that are no UTF-8, want U+FFFD", got)
	}
}

// What we sign, the library that most of the network's tools are built on takes for valid.
func TestSignAgreesWithGoNostr(t *testing.T) {
	e := testKey.Sign(1_700_000_000, 1, [][]string{{"t", "a\"\\\t"}}, "hello\nworld 😀 <>")
	var other nostr.Event
	if err := json.Unmarshal(e.AppendJSON(nil), &other); err != nil {
		t.Fatal(err)
	}
	if ok, err := other.CheckSignature(); !ok || err != nil || !other.CheckID() {
		t.Errorf("got %v %v, want a valid event", ok, err)
	}
}
