package initializer

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// place is an empty server and an empty database.
type place struct {
	t    *testing.T
	nats string
	dsn  string
}

func newPlace(t *testing.T) *place {
	return &place{t: t, nats: testkit.EmptyNATSURL(t), dsn: testkit.EmptyPostgres(t)}
}

func (p *place) initializer(seed string) *Initializer {
	cfg := Config{OwnerURL: app.NewSecret(p.dsn), Bounds: subject.DefaultBounds().Within(256 << 20), Seed: seed}
	return New(cfg, relay.Options{}, testkit.Connect(p.t, p.nats), testkit.Reader(p.t, p.dsn), testkit.Log(p.t))
}

func (p *place) run(seed string) *Initializer {
	p.t.Helper()
	i := p.initializer(seed)
	if err := i.Run(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return i
}

// found takes all that lies on FOUND.
func found(t *testing.T, b *bus.Bus) []string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var urls []string
	left := testkit.Messages(t, b, subject.StreamFound)
	if left == 0 {
		return nil
	}
	limits := bus.Limits{Messages: 100, Wait: 100 * time.Millisecond}
	err := b.Batches(ctx, subject.ConsumerIntake, limits, func(_ context.Context, deliveries []*bus.Delivery) error {
		for _, d := range deliveries {
			if d.Subject != subject.FoundFrom("seed") {
				t.Errorf("a message came on %s, want the seed's subject", d.Subject)
			}
			urls = append(urls, strings.Fields(string(d.Body))...)
		}
		if left -= len(deliveries); left <= 0 {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return urls
}

func TestEmptySystemIsReadyAfterwards(t *testing.T) {
	p := newPlace(t)
	i := p.run(seedShipped)
	if err := i.bus.Ready(t.Context()); err != nil {
		t.Errorf("the bus is not ready: %v", err)
	}
	if err := i.store.VerifySchema(t.Context()); err != nil {
		t.Errorf("the schema is not complete: %v", err)
	}
	if got, want := len(found(t, i.bus)), len(shippedURLs(t)); got != want {
		t.Errorf("the seed got %d URLs on FOUND, want %d", got, want)
	}
}

func TestTenAtOnce(t *testing.T) {
	p := newPlace(t)
	initializers := make([]*Initializer, 10)
	for n := range initializers {
		initializers[n] = p.initializer(seedShipped)
	}
	var all sync.WaitGroup
	for _, i := range initializers {
		all.Go(func() {
			if err := i.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := initializers[0].bus.Ready(t.Context()); err != nil {
		t.Errorf("the bus is not ready: %v", err)
	}
	if err := initializers[0].store.VerifySchema(t.Context()); err != nil {
		t.Errorf("the schema is not complete: %v", err)
	}
}

func TestSecondRunChangesNothing(t *testing.T) {
	p := newPlace(t)
	seed := seedFile(t, "wss://relay.known.com\nwss://backing.off.com\nwss://new.com # comment\n\nnot a relay\n")
	i := p.run(seedNone)
	at := time.Now().Add(time.Hour)
	batch := &ingest.Batch{
		Relays: []*ingest.Relay{{Url: "wss://relay.known.com", Network: subject.Clearnet, AcceptedAt: at.Unix()}},
		Candidates: []*ingest.Candidate{{
			Url: "wss://backing.off.com", Network: subject.Clearnet, Source: "hint", FoundAt: 1, Tries: 5, TriedAt: 2, Reason: "dns", NextTryAt: at.Unix(),
		}},
	}
	if _, err := testkit.Store(t, p.dsn).Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for run := range 2 {
		i = p.run(seed)
		if urls := found(t, i.bus); len(urls) != 1 || urls[0] != "wss://new.com" {
			t.Errorf("run %d published %v, want the unknown URL alone", run+1, urls)
		}
		if got := testkit.Messages(t, i.bus, subject.StreamTasks); got != 2 {
			t.Errorf("run %d left %d tasks, want the known relay's check and the candidate's next try", run+1, got)
		}
	}
	report, _, err := i.store.RelayReport(t.Context(), "wss://backing.off.com")
	if err != nil || report.Tries != 5 || report.NextTryAt.Unix() != at.Unix() {
		t.Errorf("a known candidate got %+v, %v, want its back-off as it was", report, err)
	}
}

func TestSeedIsCounted(t *testing.T) {
	p := newPlace(t)
	i := p.run(seedNone)
	var file strings.Builder
	for range 3 {
		for n := range 1500 {
			fmt.Fprintf(&file, "wss://relay%d.com\r\n", n)
		}
	}
	file.WriteString("# nothing\n\nwss://\nftp://no.com\n")
	counts, err := i.sow(t.Context(), strings.NewReader(file.String()))
	if err != nil || counts != (seedCounts{published: 1500, refused: 2}) {
		t.Errorf("got %+v, %v, want 1500 published and 2 refused", counts, err)
	}
}

func TestMissingSeedFileIsAnError(t *testing.T) {
	if _, err := openSeed(filepath.Join(t.TempDir(), "none.txt")); err == nil {
		t.Error("a missing seed file got no error")
	}
}

func TestMissingPartOfTheSchemaIsNamed(t *testing.T) {
	p := newPlace(t)
	i := p.run(seedNone)
	drop(t, p.dsn, "DROP TABLE candidate_source CASCADE")
	if err := i.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "candidate_source") {
		t.Errorf("got %v, want an error that names candidate_source", err)
	}
}

func seedFile(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "seed.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shippedURLs reads the shipped seed and fails on any line that is not a canonical URL, or is there twice.
func shippedURLs(t *testing.T) []string {
	t.Helper()
	var urls []string
	seen := map[relay.URL]bool{}
	for line := range bytes.Lines(shippedSeed) {
		text := strings.TrimSpace(string(line))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		url, err := relay.ParseURL(text)
		if err != nil || string(url) != text {
			t.Errorf("seed line %q: got %q, %v, want it canonical", text, url, err)
		}
		if seen[url] {
			t.Errorf("seed line %q is there twice", text)
		}
		seen[url] = true
		urls = append(urls, text)
	}
	return urls
}

func TestShippedSeed(t *testing.T) {
	if got := len(shippedURLs(t)); got < 150 {
		t.Errorf("the shipped seed got %d relays, want at least 150", got)
	}
	deployed, err := os.ReadFile("../../deploy/config/seed_relays.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(deployed, shippedSeed) {
		t.Error("seed_relays.txt differs from deploy/config/seed_relays.txt; copy that one here")
	}
}

// drop breaks the schema by hand. The driver is the one that package store registers.
func drop(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
