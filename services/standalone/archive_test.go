package standalone_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// pair is one sighting as the archive has it.
type pair struct{ ID, URL string }

func (c *cluster) pairs() map[pair]bool {
	c.t.Helper()
	pairs := map[pair]bool{}
	for _, p := range testkit.Rows[pair](c.t, c.owner, "SELECT encode(id, 'hex'), relay FROM sightings") {
		if pairs[p] {
			c.t.Errorf("pair %v is in the archive twice", p)
		}
		pairs[p] = true
	}
	return pairs
}

type visited struct{ URL, Outcome, Reason string }

// settled returns what is still open: "" when every relay that answers is walked, every other
// one has its reason, and nothing is on its way to Postgres.
func (c *cluster) settled(b *bus.Bus) string {
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	rows, err := testkit.TryRows[visited](ctx, c.owner, "SELECT url, outcome, coalesce(v.reason, '') FROM visit v JOIN relay USING (relay_no)")
	if err != nil {
		return err.Error()
	}
	visits := map[string]visited{}
	for _, v := range rows {
		visits[v.URL] = v
	}
	var open []string
	for _, m := range c.network.Members {
		if v := visits[m.URL()]; m.Expect.Outcome != simrelay.None && v.Outcome != "done" {
			open = append(open, fmt.Sprintf("%s (%s %s)", m.Name(), v.Outcome, v.Reason))
		}
		if m.Expect.Outcome == simrelay.None && c.reasonOf(ctx, m.URL()) == "" {
			open = append(open, m.Name()+" (no reason)")
		}
	}
	consumers, err := b.Consumers(ctx)
	if err != nil {
		return err.Error()
	}
	for _, consumer := range consumers {
		if consumer.Name == "writer" && consumer.Pending+uint64(consumer.AckPending) > 0 {
			open = append(open, "INGEST")
		}
	}
	return strings.Join(open, ", ")
}

type reason struct{ Reason string }

// reasonOf returns why a relay is not archived: its failed read, visit or validation.
func (c *cluster) reasonOf(ctx context.Context, url string) string {
	for _, query := range []string{
		"SELECT reason FROM visit JOIN relay USING (relay_no) WHERE url = $1 AND reason IS NOT NULL",
		"SELECT reason FROM relay_checks WHERE relay = $1 AND check_name = 'read' AND reason IS NOT NULL",
		"SELECT reason FROM candidate WHERE url = $1 AND reason IS NOT NULL",
	} {
		rows, err := testkit.TryRows[reason](ctx, c.owner, query, url)
		if err == nil && len(rows) > 0 {
			return rows[0].Reason
		}
	}
	return ""
}

// settle waits until nothing is open.
func (c *cluster) settle(limit time.Duration) {
	c.t.Helper()
	b := c.bus()
	deadline := time.Now().Add(limit)
	open := "never asked"
	for open != "" && time.Now().Before(deadline) {
		time.Sleep(500 * time.Millisecond)
		open = c.settled(b)
	}
	if open != "" {
		c.t.Fatalf("after %s still open: %s", limit, open)
	}
}

// checkTruth compares the archive with what the relays hold.
func (c *cluster) checkTruth() {
	c.t.Helper()
	truth, have := c.network.Truth(), c.pairs()
	missing, invented := 0, 0
	for want := range truth.Pairs {
		if !have[pair{want.ID.String(), want.URL}] {
			if missing++; missing <= 5 {
				c.t.Errorf("pair of %s and %s is missing", want.ID, want.URL)
			}
		}
	}
	for got := range have {
		id, err := event.ParseID(got.ID)
		if err != nil {
			c.t.Fatal(err)
		}
		if _, ok := truth.Possible[simrelay.Pair{ID: id, URL: got.URL}]; !ok {
			if invented++; invented <= 5 {
				c.t.Errorf("pair %v was invented", got)
			}
		}
	}
	events := c.checkEvents()
	c.t.Logf("truth: %d events, %d pairs of relays that answer in full; archive: %d events, %d pairs; %d missing, %d invented",
		len(truth.Events), len(truth.Pairs), events, len(have), missing, invented)
	for id := range truth.Events {
		if rows := len(truth.Events); events < rows {
			c.t.Errorf("got %d events, want at least %d, %s among them", events, rows, id)
			break
		}
	}
}

type row struct {
	ID, PubKey    []byte
	CreatedAt     int64
	Kind          int32
	Tags, Content string
	Sig, Raw      []byte
}

// checkEvents builds every archived event anew from its row and checks id and signature.
func (c *cluster) checkEvents() int {
	c.t.Helper()
	rows := testkit.Rows[row](c.t, c.owner, "SELECT id, pubkey, created_at, kind, tags, content, sig, raw FROM event")
	for _, r := range rows {
		e, err := rebuild(r)
		if err != nil || !e.CheckSignature() {
			c.t.Errorf("archived event %x is not valid: %v", r.ID, err)
		}
	}
	return len(rows)
}

// rebuild makes the event from its row and checks its id.
func rebuild(r row) (event.Event, error) {
	tags, content := event.FromText(r.Tags, r.Content)
	if r.Raw != nil {
		var err error
		if tags, content, err = event.ParseRaw(r.Raw); err != nil {
			return event.Event{}, err
		}
	}
	return event.New(event.ID(r.ID), event.PubKey(r.PubKey), [64]byte(r.Sig), r.CreatedAt, uint16(r.Kind), tags, content)
}

type coveredRow struct {
	URL          string
	ID           *string
	Since, Until *int64
	Truncated    *bool
}

// ahead reads coverage and sightings in one snapshot and returns a proven second whose event is
// not in the archive, or "".
func (c *cluster) ahead(ctx context.Context) (string, error) {
	rows, err := testkit.TryRows[coveredRow](ctx, c.owner, `
		SELECT url, NULL, lower(i), upper(i) - 1, proof = 5
		FROM coverage JOIN relay USING (relay_no), unnest(intervals) AS i
		UNION ALL SELECT relay, encode(id, 'hex'), NULL, NULL, NULL FROM sightings`)
	if err != nil {
		return "", err
	}
	have := map[pair]bool{}
	for _, r := range rows {
		if r.ID != nil {
			have[pair{*r.ID, r.URL}] = true
		}
	}
	for _, m := range c.network.Members {
		for id, at := range m.Genuine() {
			if have[pair{id.String(), m.URL()}] {
				continue
			}
			for _, r := range rows {
				if r.ID == nil && r.URL == m.URL() && !*r.Truncated && *r.Since <= at && at <= *r.Until {
					return fmt.Sprintf("%s: [%d, %d] is proven without event %s of %d", m.Name(), *r.Since, *r.Until, id, at), nil
				}
			}
		}
	}
	return "", nil
}

// realEvents adds the real events beside the checkout to some relays, when they are there.
func (c *cluster) realEvents() {
	path := filepath.Join("..", "..", "..", "shared", "data", "events", "valid.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Logf("real events were not used: %v", err)
		return
	}
	var events []event.Event
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) {
			c.t.Fatalf("%s holds a line that is not JSON", path)
		}
		e, err := event.Parse([]byte(strings.TrimSpace(line)))
		if err != nil {
			c.t.Fatal(err)
		}
		if event.Classify(e.Kind) != event.Ephemeral && e.Kind != 22242 {
			events = append(events, e)
		}
	}
	for i, name := range []string{"honest-1", "cap-100", "oldest-first", "duplicates"} {
		c.network.Relay(name).Add(events[i*len(events)/5 : (i+2)*len(events)/5]...)
	}
	c.t.Logf("%d real events were added to the relays", len(events))
}
