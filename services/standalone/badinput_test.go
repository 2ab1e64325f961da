package standalone_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// badAt is the created_at of most bad events, in the middle of their neighbours' times.
const badAt = 1_699_000_123

// bad is one relay of the table: good neighbours and one bad thing, and what must become of it.
// Neighbours are archived and covered whole unless failed or cut says otherwise.
type bad struct {
	name    string
	raw     simrelay.Raw
	ahead   simrelay.Raw // sent before raw
	manners simrelay.Manners

	archived    bool   // byte for byte
	hidden      bool   // archived, and not published on EVENTS
	quarantined bool   // with its exact bytes
	rejected    string // reason under which the visit counts it
	failed      string // reason for which nothing of the relay can be archived
	cut         bool   // the coverage says that something is missing
	lost        int    // neighbours in its own second: these relays send raw events whatever kinds are asked for
	ascii       bool   // Postgres text holds it: it needs no raw bytes

	relay *simrelay.Relay
}

func crafted(c simrelay.Crafted) simrelay.Raw {
	c.CreatedAt = cmp.Or(c.CreatedAt, strconv.Itoa(badAt))
	return c.Raw(badAt)
}

var badInput = []*bad{
	{name: "NUL, id over the escape", raw: crafted(simrelay.Crafted{Content: `"a\u0000b"`}), archived: true},
	{name: "NUL, id over the byte", raw: crafted(simrelay.Crafted{Content: "\"a\x00b\"", SentContent: `"a\u0000b"`}), archived: true},
	{name: "NUL in a tag value", raw: crafted(simrelay.Crafted{Tags: `[["t","a\u0000b"]]`}), archived: true},
	{name: "lone surrogate, id over the escape", raw: crafted(simrelay.Crafted{Content: `"a\ud800b"`}), archived: true},
	{name: "lone surrogate, id over U+FFFD", raw: crafted(simrelay.Crafted{Content: `"a` + "\ufffd" + `b"`, SentContent: `"a\ud800b"`}), rejected: "id_mismatch"},
	{name: "3 kB of CJK in a tag", raw: crafted(simrelay.Crafted{Tags: `[["t","` + cjk(1000) + `"]]`}), archived: true, ascii: true},
	{name: "kind 65535", raw: crafted(simrelay.Crafted{Kind: "65535"}), archived: true, ascii: true},
	{name: "10,000 tags", raw: crafted(simrelay.Crafted{Tags: `[["t","x"]` + strings.Repeat(`,["t","x"]`, 9_999) + `]`}), archived: true, ascii: true},
	{name: "empty tag", raw: crafted(simrelay.Crafted{Tags: `[[],["t"],[""],["t",""]]`}), archived: true, ascii: true},
	{name: "NIP-70", raw: crafted(simrelay.Crafted{Tags: `[["-"]]`}), archived: true, hidden: true, ascii: true},
	{name: "forged id, signature over it", raw: crafted(simrelay.Crafted{Content: `"signed"`, SentContent: `"sent"`}), rejected: "id_mismatch"},
	{name: "good id, forged signature", raw: forgedSignature(), rejected: "bad_signature"},
	{name: "ahead of it a copy, signature forged", raw: genuine, ahead: copyOf(genuine, `"sig":"`, `"sig":"00`, 2), rejected: "bad_signature", archived: true, ascii: true},
	{name: "ahead of it a copy, content changed", raw: genuine2, ahead: copyOf(genuine2, `"genuine`, `"changed`, 0), rejected: "id_mismatch", archived: true, ascii: true},
	{name: "invalid UTF-8", raw: crafted(simrelay.Crafted{Content: "\"a\xffb\""}), rejected: "bad_utf8"},
	{name: "member twice", raw: crafted(simrelay.Crafted{Extra: `"content":"other",`}), rejected: "bad_shape"},
	{name: "kind 65536", raw: crafted(simrelay.Crafted{Kind: "65536"}), rejected: "bad_number"},
	{name: "negative created_at", raw: crafted(simrelay.Crafted{CreatedAt: "-1"}), rejected: "bad_number"},
	{name: "created_at in milliseconds", raw: crafted(simrelay.Crafted{CreatedAt: "1700000000000"}), rejected: "outside_filter"},
	{name: "largest created_at", raw: crafted(simrelay.Crafted{CreatedAt: "9223372036854775807"}), rejected: "outside_filter"},
	{name: "created_at over 64 bits", raw: crafted(simrelay.Crafted{CreatedAt: "9223372036854775808"}), rejected: "bad_number"},
	{name: "outside the filter", manners: simrelay.Manners{OutsideFilter: 3}, rejected: "outside_filter"},
	{name: "NIP-42 event, kind 22242", raw: crafted(simrelay.Crafted{Kind: "22242"}), rejected: "auth_event"},
	{name: "ephemeral", raw: crafted(simrelay.Crafted{Kind: "20001"}), rejected: "ephemeral:20001"},
	{name: "over 512 KiB", raw: crafted(simrelay.Crafted{Content: `"` + strings.Repeat("a", 600<<10) + `"`}), rejected: "too_large", cut: true},
	{name: "frame of 40 MB", raw: crafted(simrelay.Crafted{Content: `"` + strings.Repeat("a", 40<<20) + `"`}), rejected: "too_large", cut: true, lost: 2},
	{name: "a frame of 40 MB before every answer", manners: simrelay.Manners{GiantFrame: 40 << 20}, failed: "too_large"},
	{name: "endless, no EOSE", manners: simrelay.Manners{EndlessStream: true}, failed: "flood"},
	{name: "refused by Postgres", raw: crafted(simrelay.Crafted{Content: `"poison"`}), quarantined: true},
}

var (
	genuine  = crafted(simrelay.Crafted{Content: `"genuine"`})
	genuine2 = crafted(simrelay.Crafted{Content: `"genuine, too"`})
)

// copyOf changes an event and files it one second later, so that it comes first. cut bytes after
// the change are dropped.
func copyOf(raw simrelay.Raw, old, changed string, cut int) simrelay.Raw {
	head, tail, _ := strings.Cut(string(raw.JSON), old)
	return simrelay.Raw{ID: event.ID{2}, CreatedAt: raw.CreatedAt + 1, JSON: []byte(head + changed + tail[cut:])}
}

func cjk(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]rune, n)
	for i := range text {
		text[i] = 0x4e00 + random.Int32N(0x5200)
	}
	return string(text)
}

func forgedSignature() simrelay.Raw {
	e := event.GenerateKey().Sign(badAt, 1, nil, "good id, bad signature")
	e.Sig[40] ^= 1
	return simrelay.Raw{ID: e.ID, CreatedAt: badAt, JSON: e.AppendJSON(nil)}
}

// TestBadInput puts one bad thing among good neighbours on each relay and looks what becomes of
// it, and of the neighbours.
func TestBadInput(t *testing.T) {
	c := launchOver(t, one, overBad)
	edges := c.edgeCases()
	c.poison(badInput[len(badInput)-1].raw.ID)
	c.inject(c.network.URLs())
	c.settle(3 * time.Minute)
	c.checkEvents()
	published := c.published()
	for _, b := range badInput {
		c.checkBad(b, published)
	}
	for _, e := range edges {
		c.checkEdge(e)
	}
}

// overBad starts a relay for each row.
func overBad() (*simrelay.Network, error) {
	var relays []*simrelay.Relay
	for i, b := range badInput {
		b.relay = simrelay.New(fmt.Sprint("bad-", i), b.manners, neighbours(20))
		if b.raw.JSON != nil {
			b.relay.AddRaw(b.raw)
		}
		if b.ahead.JSON != nil {
			b.relay.AddRaw(b.ahead)
		}
		relays = append(relays, b.relay)
	}
	network, err := over(relays...)()
	for i, b := range badInput {
		if err == nil && b.failed != "" {
			network.Members[i].Expect = simrelay.Expect{Outcome: simrelay.None, Reason: b.failed}
		}
	}
	return network, err
}

// neighbours are good events around badAt; two share its second.
func neighbours(n int) []event.Event {
	key := event.GenerateKey()
	events := []event.Event{key.Sign(badAt, 1, nil, "the same second"), key.Sign(badAt, 7, nil, "the same second")}
	for i := range int64(n) {
		events = append(events, key.Sign(badAt+(i-int64(n)/2)*1000+1, 1, nil, fmt.Sprint("neighbour ", i)))
	}
	return events
}

// poison makes Postgres refuse one event.
func (c *cluster) poison(id event.ID) {
	c.t.Helper()
	testkit.Exec(c.t, c.owner, fmt.Sprintf(`
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			RAISE EXCEPTION 'poisoned' USING ERRCODE = '22023';
		END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.id = '\x%s') EXECUTE FUNCTION refuse()`, id))
}

// published returns the ids on EVENTS.
func (c *cluster) published() map[event.ID]bool {
	c.t.Helper()
	ids := map[event.ID]bool{}
	for _, m := range testkit.OpenStreams(c.t, c.url("brotr", brotrPassword)).Messages("EVENTS") {
		e, err := event.Parse(m.Body)
		if err != nil || !e.CheckSignature() {
			c.t.Errorf("published %.200q: %v, want a valid event", m.Body, err)
		}
		ids[e.ID] = true
	}
	return ids
}

// checkBad compares one row with its expectation and prints it.
func (c *cluster) checkBad(b *bad, published map[event.ID]bool) {
	c.t.Helper()
	url := b.relay.URL()
	archived, good := 0, b.relay.Genuine()
	for id := range good {
		if c.sighted(id, url) {
			archived++
			if !published[id] {
				c.t.Errorf("%s: the good event %s was not published", b.name, id)
			}
		}
	}
	whole, cut := c.coverage(url)
	rejected := c.rejected(url)
	c.t.Logf("%-36s %-40s %2d of %d neighbours, coverage whole %t, cut %t", b.name, c.fate(b, rejected), archived, len(good), whole, cut)
	switch {
	case b.failed != "":
		if reason := c.reasonOf(c.t.Context(), url); archived > 0 || whole || !strings.Contains(reason, b.failed) {
			c.t.Errorf("%s: got reason %q and %d neighbours, want %q and none", b.name, reason, archived, b.failed)
		}
	case archived != len(good)-b.lost || whole == b.cut || cut != b.cut:
		c.t.Errorf("%s: got %d of %d neighbours, coverage whole %t, cut %t", b.name, archived, len(good), whole, cut)
	}
	if (rejected[b.rejected] > 0) != (b.rejected != "") || len(rejected) > 1 {
		c.t.Errorf("%s: got rejections %v, want %q", b.name, rejected, b.rejected)
	}
	c.checkFate(b, published)
}

// fate says in a few words what became of the bad thing.
func (c *cluster) fate(b *bad, rejected map[string]int) string {
	url := b.relay.URL()
	switch {
	case b.raw.JSON != nil && c.sighted(b.raw.ID, url):
		return "archived"
	case len(c.quarantined(url)) > 0:
		return "quarantined"
	case len(rejected) > 0:
		return fmt.Sprint("counted ", rejected)
	}
	return "failed: " + c.reasonOf(c.t.Context(), url)
}

// checkFate looks for the bad event in the archive, in quarantine and on EVENTS.
func (c *cluster) checkFate(b *bad, published map[event.ID]bool) {
	c.t.Helper()
	if b.raw.JSON == nil {
		return
	}
	rows := c.rows(b.raw.ID)
	if len(rows) == 1 != b.archived || c.sighted(b.raw.ID, b.relay.URL()) != b.archived || published[b.raw.ID] != (b.archived && !b.hidden) {
		c.t.Errorf("%s: got archived %t, published %t", b.name, len(rows) == 1, published[b.raw.ID])
	}
	if b.archived && len(rows) == 1 {
		c.same(b.name, rows[0], b.raw.JSON)
		if (rows[0].Raw == nil) != b.ascii {
			c.t.Errorf("%s: got raw bytes %t, want %t", b.name, rows[0].Raw != nil, !b.ascii)
		}
	}
	kept := c.quarantined(b.relay.URL())
	if len(kept) == 1 != b.quarantined || b.quarantined && !bytes.Equal(kept[0], b.raw.JSON) {
		c.t.Errorf("%s: got %d things in quarantine, want the exact bytes: %t", b.name, len(kept), b.quarantined)
	}
}

// same demands that the event of a row is the one that was sent, byte for byte of what the id
// hashes.
func (c *cluster) same(name string, r row, sent []byte) {
	c.t.Helper()
	want, err := event.Parse(sent)
	if err != nil {
		c.t.Errorf("%s: %v", name, err)
		return
	}
	got, err := rebuild(r)
	if err != nil || got.ID != want.ID || got.Sig != want.Sig || !bytes.Equal(got.Tags, want.Tags) || !bytes.Equal(got.Content, want.Content) ||
		!bytes.Equal(got.AppendJSON(nil), want.AppendJSON(nil)) {
		c.t.Errorf("%s: the archived event is not the one that was sent: %v", name, err)
	}
}

func (c *cluster) rows(id event.ID) []row {
	return testkit.Rows[row](c.t, c.owner, "SELECT id, pubkey, created_at, kind, tags, content, sig, raw FROM event WHERE id = $1", id[:])
}

func (c *cluster) sighted(id event.ID, url string) bool {
	return testkit.Number(c.t, c.owner, "SELECT count(*) FROM sightings WHERE id = $1 AND relay = $2", id[:], url) == 1
}

func (c *cluster) quarantined(url string) [][]byte {
	var all [][]byte
	for _, kept := range testkit.Rows[reason](c.t, c.owner, "SELECT encode(raw, 'hex') FROM quarantine WHERE relay = $1", url) {
		raw, err := hex.DecodeString(kept.Reason)
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

// coverage says whether the past of a relay is proven in one piece, and whether a part of it is
// recorded as cut.
func (c *cluster) coverage(url string) (whole, cut bool) {
	type covered struct{ Whole, Cut bool }
	for _, row := range testkit.Rows[covered](c.t, c.owner, `
		SELECT covered @> int8range(0, $2) AND truncated IS NULL, truncated IS NOT NULL FROM relay_coverage WHERE relay = $1`,
		url, time.Now().Add(-time.Hour).Unix()) {
		return row.Whole, row.Cut
	}
	return false, false
}

// rejected returns what the last visit of a relay counted.
func (c *cluster) rejected(url string) map[string]int {
	c.t.Helper()
	counts := map[string]int{}
	for _, row := range testkit.Rows[reason](c.t, c.owner, "SELECT rejected::text FROM visit JOIN relay USING (relay_no) WHERE url = $1", url) {
		if err := json.Unmarshal([]byte(row.Reason), &counts); err != nil {
			c.t.Fatal(err)
		}
	}
	return counts
}

// edge is one case of the data beside the checkout, on a relay of its own.
type edge struct {
	name  string
	raw   []byte
	relay *simrelay.Relay
}

// edgeCases adds a relay for each case that lies beside the checkout.
func (c *cluster) edgeCases() []edge {
	c.t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "events", "edge_cases.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Logf("edge cases were not run: %v", err)
		return nil
	}
	var edges []edge
	for line := range bytes.Lines(text) {
		var item struct{ Name, Raw, Raw_b64 string }
		if err := json.Unmarshal(line, &item); err != nil {
			c.t.Fatal(err)
		}
		raw := []byte(item.Raw)
		if item.Raw == "" {
			if raw, err = base64.StdEncoding.DecodeString(item.Raw_b64); err != nil {
				c.t.Fatal(err)
			}
		}
		relay := simrelay.New("edge-"+item.Name, simrelay.Manners{}, neighbours(2))
		relay.AddRaw(servedAs(raw))
		if err := relay.Start(); err != nil {
			c.t.Fatal(err)
		}
		c.network.Members = append(c.network.Members, &simrelay.Member{Relay: relay, Expect: simrelay.Expect{Outcome: simrelay.Complete}})
		edges = append(edges, edge{item.Name, raw, relay})
	}
	if len(edges) == 0 {
		c.t.Errorf("%s holds no case", path)
	}
	return edges
}

// servedAs files an event under its own time where it has one.
func servedAs(raw []byte) simrelay.Raw {
	served := simrelay.Raw{ID: event.ID{1}, CreatedAt: badAt, JSON: raw}
	if e, err := event.Parse(raw); err == nil {
		served.ID, served.CreatedAt = e.ID, e.CreatedAt
	}
	return served
}

// checkEdge compares the archive with what the event itself says.
func (c *cluster) checkEdge(e edge) {
	c.t.Helper()
	url := e.relay.URL()
	parsed, err := event.Parse(e.raw)
	want := err == nil && parsed.CheckSignature() && event.Classify(parsed.Kind) != event.Ephemeral && parsed.Kind != 22242
	good := e.relay.Genuine()
	sightings := testkit.Number(c.t, c.owner, "SELECT count(*) FROM sightings WHERE relay = $1", url)
	got := sightings - int64(len(good))
	if got != 0 && got != 1 || (got == 1) != want {
		c.t.Errorf("%s: got %d sightings for %d neighbours, want it archived: %t (%v)", e.name, sightings, len(good), want, err)
	}
	if want {
		for _, r := range c.rows(parsed.ID) {
			c.same(e.name, r, e.raw)
		}
	}
	if whole, cut := c.coverage(url); !whole || cut {
		c.t.Errorf("%s: got coverage whole %t, cut %t", e.name, whole, cut)
	}
}
