package publisher

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// everything is published.
func everything(string) bool { return true }

// documentsOf encodes documents as the monitor does.
func documentsOf(values map[string]any) map[string][]byte {
	documents := map[string][]byte{}
	for name, value := range values {
		body, err := document.Encode(value)
		if own, is := value.(json.RawMessage); is {
			body, err = own, nil
		}
		if err != nil {
			panic(err)
		}
		documents[name] = body
	}
	return documents
}

var (
	noon    = time.Unix(1_790_000_000, 0)
	testKey = event.GenerateKey()
)

// answered is a round in which a stranger could read and write.
func answered(url relay.URL) feed.Check {
	return feed.Check{Relay: url, Vantage: "test", CheckedAt: noon, State: "up", Since: noon, Results: map[string]feed.Result{
		"open": {OK: true, RTT: 234 * time.Millisecond}, "read": {OK: true, RTT: 150 * time.Millisecond},
		"write": {OK: true, RTT: 41 * time.Millisecond}, "nip11": {OK: true, RTT: 300 * time.Millisecond}}}
}

func TestDiscoveryOfAnOpenRelay(t *testing.T) {
	info := `{ "name": "Some", "supported_nips": [1, 11, 11, 42, 77, -1, 1e99, null, 99999],
		"limitation": {"auth_required": true, "payment_required": true, "min_pow_difficulty": 20, "restricted_writes": true}, "tags": ["nsfw", 5, "a\u0000b", "nsfw"], "language_tags": ["en", "en-GB", "*"]}`
	d := discovery(Report{answered("wss://some.relay"), documentsOf(map[string]any{
		document.Write: document.Writing{Accepted: true}, document.NIP11: json.RawMessage(info),
		document.Capabilities: document.Abilities{Search: document.Works, Negentropy: document.Wrong, Disproved: []int{77}},
		document.TLS:          document.Certificate{Valid: true, NotAfter: 1_800_000_000, Issuer: "CN=Some CA"},
		document.DNS:          document.NameRecords{A: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, CNAME: []string{"a.example.com", "b.example.com"}},
		document.Geo:          document.Place{Country: "DE", City: "Berlin", TimeZone: "Europe/Berlin", Latitude: new(52.5), Longitude: new(13.25), Geohash: "u33d8ckpd"},
		document.Net: document.Networks{IPv4: &document.Announced{Address: netip.MustParseAddr("192.0.2.1"), ASN: 64500, Organisation: "Example"},
			IPv6: &document.Announced{Address: netip.MustParseAddr("2001:db8::1"), ASN: 64500, Organisation: "Example"}},
		document.HTTP: document.Headers{Server: "nginx"},
	})}, everything)
	want := [][]string{
		{"d", "wss://some.relay/"}, {"n", "clearnet"}, {"rtt-open", "234"}, {"rtt-read", "150"}, {"rtt-write", "41"},
		{"N", "1"}, {"N", "11"}, {"N", "42"},
		{"R", "!auth"}, {"R", "!writes"}, {"R", "!pow"}, {"R", "!payment"}, {"T", "Search"}, {"t", "nsfw"}, {"t", "a b"},
		{"L", "ISO-639-1"}, {"l", "en", "ISO-639-1"},
		{"ssl", "valid"}, {"ssl-expires", "1800000000"}, {"ssl-issuer", "CN=Some CA"},
		{"dns-ip", "192.0.2.1"}, {"dns-cname", "b.example.com"},
		{"g", "u"}, {"g", "u3"}, {"g", "u33"}, {"g", "u33d"}, {"g", "u33d8"}, {"g", "u33d8c"}, {"g", "u33d8ck"}, {"g", "u33d8ckp"}, {"g", "u33d8ckpd"},
		{"geo-country", "DE"}, {"geo-city", "Berlin"}, {"geo-tz", "Europe/Berlin"}, {"geo-lat", "52.5"}, {"geo-lon", "13.25"},
		{"L", "ISO-3166-1"}, {"l", "DE", "ISO-3166-1"}, {"L", "nip66.label.city"}, {"l", "Berlin", "nip66.label.city"},
		{"L", "IANA-tz"}, {"l", "Europe/Berlin", "IANA-tz"},
		{"net-ip", "192.0.2.1"}, {"net-asn", "64500"}, {"net-asn-org", "Example"}, {"L", "IANA-asn"}, {"l", "64500", "IANA-asn"},
		{"L", "IANA-asnOrg"}, {"l", "Example", "IANA-asnOrg"}, {"net-ipv6", "2001:db8::1"}, {"http-server", "nginx"},
	}
	if !reflect.DeepEqual(d.tags, want) {
		t.Errorf("got tags\n%q, want\n%q", d.tags, want)
	}
	e := d.sign(testKey)
	if err := checkEvent(&e); err != nil {
		t.Error(err)
	}
	var content string
	if err := json.Unmarshal(e.Content, &content); err != nil || content != info {
		t.Errorf("got content %q, want the relay's own document", content)
	}
	if e.CreatedAt != noon.Unix() {
		t.Errorf("got created_at %d, want the time of the check", e.CreatedAt)
	}
}

func TestMeasuredBeatsClaimed(t *testing.T) {
	claimsAll := []byte(`{"limitation":{"auth_required":true,"payment_required":true,"min_pow_difficulty":1,"restricted_writes":true}}`)
	needs := func(requirement string) *document.Writing { return &document.Writing{Requirement: requirement} }
	taken := &document.Writing{Accepted: true}
	for name, c := range map[string]struct {
		state   string
		writing *document.Writing
		claims  []byte
		want    string
	}{
		"open, claims nothing":     {"up", taken, nil, "!auth !writes !pow !payment"},
		"open, claims everything":  {"up", taken, claimsAll, "!auth !writes !pow !payment"},
		"wants auth, claims none":  {"authonly", needs(document.NeedsAuth), nil, "auth writes !pow !payment"},
		"auth for reading":         {"authonly", nil, nil, "auth !writes !pow !payment"},
		"auth for writing":         {"up", needs(document.NeedsAuth), nil, "auth writes !pow !payment"},
		"wants pow":                {"up", needs(document.NeedsWork), nil, "!auth writes pow !payment"},
		"took work":                {"up", &document.Writing{Accepted: true, Requirement: document.NeedsWork, Bits: 8}, nil, "!auth writes pow !payment"},
		"wants money":              {"up", needs(document.NeedsPayment), nil, "!auth writes !pow payment"},
		"takes no strangers":       {"up", needs(document.NeedsPermission), nil, "!auth writes !pow !payment"},
		"write not measured":       {"up", nil, claimsAll, "auth writes pow payment"},
		"rate limited for now":     {"up", needs(document.RefusesNow), nil, "!auth !writes !pow !payment"},
		"claims of the wrong type": {"up", nil, []byte(`{"limitation":{"auth_required":"yes","min_pow_difficulty":"9"}}`), "!auth !writes !pow !payment"},
		"limits are no object":     {"up", nil, []byte(`{"limitation":[true]}`), "!auth !writes !pow !payment"},
	} {
		check := answered("wss://pay.auth.example.com") // names say nothing
		check.State = c.state
		documents := map[string][]byte{document.NIP11: c.claims}
		if c.writing != nil {
			documents[document.Write] = documentsOf(map[string]any{document.Write: c.writing})[document.Write]
		}
		var got []string
		for _, tag := range discovery(Report{check, documents}, everything).tags {
			if tag[0] == "R" {
				got = append(got, tag[1])
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
}

func TestWhatIsNotPublishedLeavesNoTrace(t *testing.T) {
	full := documentsOf(map[string]any{
		document.NIP11: json.RawMessage(`{"name":"a","supported_nips":[1],"tags":["b"]}`), document.TLS: document.Certificate{NotAfter: 1},
		document.Geo: document.Place{Geohash: "u33", City: "Berlin"}, document.HTTP: document.Headers{Server: "c"},
	})
	d := discovery(Report{answered("wss://a.example.com"), full}, func(check string) bool { return check == document.Open })
	want := [][]string{{"d", "wss://a.example.com/"}, {"n", "clearnet"}, {"rtt-open", "234"},
		{"R", "!auth"}, {"R", "!writes"}, {"R", "!pow"}, {"R", "!payment"}}
	if !reflect.DeepEqual(d.tags, want) || d.content != "" {
		t.Errorf("got tags %q and content %q, want %q and nothing", d.tags, d.content, want)
	}
}

func TestOnlyValidDocumentsAreRepublished(t *testing.T) {
	for body, kept := range map[string]bool{
		`{}`: true, `{"name":"\ud800"}`: true, `{"name":"a\u0000b"}`: true, ` {"a":1} `: true,
		``: false, `[]`: false, `null`: false, `<html>`: false, `{"a":1}x`: false, "{\"name\":\"\xff\"}": false, "{\"a\":\"\x00\"}": false,
		`{"name":"` + strings.Repeat("x", maxContent) + `"}`: false,
	} {
		d := discovery(Report{answered("wss://a.example.com"), map[string][]byte{document.NIP11: []byte(body)}}, everything)
		want := ""
		if kept {
			want = body
		}
		if d.content != want {
			t.Errorf("document %.40q got content %.40q, want %.40q", body, d.content, want)
		}
	}
}

func TestAddressesAreWrittenAsRFC3986HasThem(t *testing.T) {
	for text, want := range map[string]string{
		"wss://h.example.com": "wss://h.example.com/", "ws://h.example.com:8080": "ws://h.example.com:8080/",
		"wss://h.example.com/a": "wss://h.example.com/a", "wss://h.example.com/A/b": "wss://h.example.com/A/b",
		"wss://[2606:4700::1]": "wss://[2606:4700::1]/",
	} {
		u, err := relay.ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		d := discovery(Report{Check: answered(u)}, everything)
		e := d.sign(testKey)
		if err := checkEvent(&e); err != nil || d.tags[0][1] != want {
			t.Errorf("%s got d %q (%v), want %q", text, d.tags[0][1], err, want)
		}
	}
}

// hostile draws what strangers send in place of a word, a number or a document.
var hostile = rapid.OneOf(
	rapid.String(), rapid.StringMatching(`[a-z]{0,10}`),
	rapid.SampledFrom([]string{"\x00", "\xff\xfe", "\u202e", "!auth", "wss://x", strings.Repeat("y", 5000), "\n\n", "192.0.2.1", "fe80::1%eth0", "u33db2ezz", "en", `"]]`, "\ud7ff", "C7", "11"}),
)

func anything(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		hostile.AsAny(), rapid.Int().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
	}
	if depth > 0 {
		leaves = append(leaves, rapid.SliceOfN(anything(depth-1), 0, 5).AsAny(),
			rapid.MapOfN(field, anything(depth-1), 0, 5).AsAny())
	}
	return rapid.OneOf(leaves...)
}

// field draws names of fields, mostly those that mean something.
var field = rapid.OneOf(hostile, rapid.SampledFrom([]string{"name", "supported_nips", "limitation", "tags", "auth_required",
	"payment_required", "min_pow_difficulty", "restricted_writes", "language_tags", "accepted", "requirement", "challenge", "to_read",
	"server", "powered_by", "valid", "issuer", "not_after", "a", "aaaa", "cname", "country", "city", "lat", "lon", "tz", "geohash", "ipv4",
	"ipv6", "address", "asn", "org", "search", "disproved"}))

// plausible are documents in our own form that hold strangers' texts, places and addresses.
func plausible(t *rapid.T) map[string]any {
	text := func() string { return hostile.Draw(t, "text") }
	address := func() netip.Addr {
		raw := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		return rapid.SampledFrom([]netip.Addr{netip.AddrFrom4(raw), {}, netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::ffff:1.2.3.4")}).Draw(t, "family")
	}
	place := document.Place{Country: text(), City: text(), TimeZone: text(), Geohash: rapid.OneOf(hostile, rapid.Just("u33db2ezz")).Draw(t, "geohash"),
		Latitude: new(rapid.Float64().Draw(t, "lat")), Longitude: new(rapid.Float64().Draw(t, "lon"))}
	announced := &document.Announced{Address: address(), ASN: rapid.Uint32().Draw(t, "asn"), Organisation: text()}
	return map[string]any{
		document.Write:        document.Writing{Accepted: rapid.Bool().Draw(t, "accepted"), Requirement: text()},
		document.Auth:         document.Login{ToRead: rapid.Bool().Draw(t, "to read")},
		document.TLS:          document.Certificate{Issuer: text(), NotAfter: rapid.Int64().Draw(t, "not after")},
		document.DNS:          document.NameRecords{A: []netip.Addr{address(), address()}, AAAA: []netip.Addr{address()}, CNAME: []string{text()}},
		document.Geo:          place,
		document.Net:          document.Networks{IPv4: announced, IPv6: announced},
		document.HTTP:         document.Headers{Server: text(), PoweredBy: text()},
		document.Capabilities: document.Abilities{Search: rapid.SampledFrom([]string{document.Works, ""}).Draw(t, "search"), Disproved: rapid.SliceOf(rapid.Int()).Draw(t, "disproved")},
	}
}

// TestWhateverRelaysSayTheEventIsValid is the property: no document, result or name makes an event that NIP-66 would not know.
func TestWhateverRelaysSayTheEventIsValid(t *testing.T) {
	urls := []relay.URL{"wss://a.example.com", "ws://a.example.com:81/x/y", relay.URL("ws://" + strings.Repeat("a", 56) + ".onion"), "wss://[2606:4700::1]"}
	rapid.Check(t, func(t *rapid.T) {
		check := answered(rapid.SampledFrom(urls).Draw(t, "url"))
		for _, name := range []string{"open", "read", "write", "nip11"} {
			check.Results[name] = feed.Result{OK: rapid.Bool().Draw(t, "ok"), RTT: time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "rtt")),
				Reason: hostile.Draw(t, "reason")}
		}
		documents := documentsOf(plausible(t))
		for _, name := range document.Names()[1:] {
			if rapid.Bool().Draw(t, "plausible") {
				continue
			}
			if rapid.Bool().Draw(t, "raw") {
				documents[name] = []byte(hostile.Draw(t, "document"))
				continue
			}
			body, err := json.Marshal(rapid.MapOfN(field, anything(3), 0, 8).Draw(t, "document"))
			if err != nil {
				t.Fatal(err)
			}
			documents[name] = body
		}
		e := discovery(Report{check, documents}, everything).sign(testKey)
		if err := checkEvent(&e); err != nil {
			t.Fatalf("%v in %s", err, e.AppendJSON(nil))
		}
		if n := len(e.Tags); n > 64<<10 {
			t.Fatalf("got %d bytes of tags", n)
		}
		if n := strings.Count(string(e.Tags), `["R","`); n != 4 {
			t.Fatalf("got %d R, want 4", n)
		}
	})
}

func TestRoundTripTimesAloneAreNoChange(t *testing.T) {
	first, two := answered("wss://a.example.com"), answered("wss://a.example.com")
	two.CheckedAt = noon.Add(time.Hour)
	two.Results["open"] = feed.Result{OK: true, RTT: time.Second}
	if discovery(Report{Check: first}, everything).hash() != discovery(Report{Check: two}, everything).hash() {
		t.Error("another round-trip time changed the hash")
	}
	refused := documentsOf(map[string]any{document.Write: document.Writing{Requirement: document.NeedsPermission}})
	if discovery(Report{Check: first}, everything).hash() == discovery(Report{two, refused}, everything).hash() {
		t.Error("another requirement did not change the hash")
	}
}
