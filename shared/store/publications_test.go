package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const publishRelay = "wss://publish.example.com"

// published is a report about a relay, "" for the monitor itself, whose id and hash stand for its content.
func published(relay, content string, at int64) *ingest.Publication {
	sum, author := sha256.Sum256([]byte(content)), key.PubKey()
	return &ingest.Publication{Relay: relay, Target: publishRelay, Pubkey: author[:], Kind: 30166, EventId: sum[:],
		ContentHash: sum[:], PublishedAt: at, Accepted: true}
}

func TestTheLastPublicationIsKept(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	for _, batch := range []*ingest.Batch{
		{Publications: []*ingest.Publication{published(relayA, "second", noon+2), published("", "profile", noon)}},
		{Publications: []*ingest.Publication{published(relayA, "first", noon+1)}},  // late
		{Publications: []*ingest.Publication{published(relayA, "second", noon+2)}}, // again
	} {
		if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, options); err != nil {
			t.Fatal(err)
		}
	}
	reader := testkit.Reader(t, dsn)
	for relay, want := range map[string]string{relayA: "second", "": "profile"} {
		got, ok, err := reader.Publication(t.Context(), key.PubKey(), 30166, relay, publishRelay)
		if err != nil || !ok || got.ContentHash != sha256.Sum256([]byte(want)) || !got.Accepted {
			t.Errorf("about %q got %+v, %v, %v, want %s", relay, got, ok, err, want)
		}
	}
	for what, look := range map[string]func() (bool, error){
		"another key": func() (bool, error) {
			_, ok, err := reader.Publication(t.Context(), event.GenerateKey().PubKey(), 30166, relayA, publishRelay)
			return ok, err
		},
		"another publish relay": func() (bool, error) {
			_, ok, err := reader.Publication(t.Context(), key.PubKey(), 30166, relayA, relayB)
			return ok, err
		},
		"a relay that is not known": func() (bool, error) {
			_, ok, err := reader.Publication(t.Context(), key.PubKey(), 30166, relayB, publishRelay)
			return ok, err
		},
	} {
		if ok, err := look(); ok || err != nil {
			t.Errorf("%s got %v, %v, want nothing", what, ok, err)
		}
	}
}

func TestPublicationsAreCountedPerRelay(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	refused := published(relayA, "a", noon)
	refused.Target, refused.Accepted, refused.Reason = "wss://strict.example.com", false, "blocked"
	batch := &ingest.Batch{Publications: []*ingest.Publication{published(relayA, "a", noon), refused}}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, options); err != nil {
		t.Fatal(err)
	}
	type row struct {
		Relay             string
		Accepted, Refused int64
	}
	got := testkit.Rows[row](t, dsn, "SELECT relay, accepted, refused FROM publications")
	if len(got) != 1 || got[0] != (row{relayA, 1, 1}) {
		t.Errorf("got %+v, want one relay, taken by one and refused by one", got)
	}
	totals, err := testkit.Reader(t, dsn).PublicationTotals(t.Context(), key.PubKey())
	if err != nil || len(totals) != 2 || !totals[0].Accepted || totals[1].Reason != "blocked" || totals[1].Events != 1 || totals[1].LastAt.Unix() != noon {
		t.Errorf("got totals %+v, %v, want one taken and one blocked", totals, err)
	}
}

func TestMalformedPublicationsGoToQuarantine(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	short, nowhere := published(relayA, "a", noon), published(relayA, "b", noon)
	short.Pubkey, nowhere.Target = short.Pubkey[:31], "nowhere"
	batch := &ingest.Batch{Publications: []*ingest.Publication{short, nowhere, published(relayA, "c", noon)}}
	written, err := s.Write(t.Context(), []*ingest.Batch{batch}, options)
	if err != nil {
		t.Fatal(err)
	}
	if n := testkit.Number(t, dsn, "SELECT count(*) FROM publication"); n != 1 || written.Quarantined != 2 {
		t.Errorf("got %d rows and %d in quarantine, want 1 and 2", n, written.Quarantined)
	}
}

func TestDocumentsAreThoseOfTheRound(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	check := func(at int64, body string) *ingest.Batch {
		return &ingest.Batch{Checks: []*ingest.Check{{Relay: relayA, Vantage: "main", CheckedAt: at, State: "up", StateSince: noon,
			Documents: []*ingest.Document{{Type: "nip11", Body: []byte(body)}}}}}
	}
	silent := &ingest.Batch{Checks: []*ingest.Check{{Relay: relayA, Vantage: "main", CheckedAt: noon + 300, State: "up", StateSince: noon}}}
	for _, batch := range []*ingest.Batch{check(noon, "old"), check(noon+100, "new"), check(noon+200, "new"), silent} {
		if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, options); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[int64]string{noon: "old", noon + 100: "new", noon + 200: "new", noon + 300: ""} {
		got, err := testkit.Reader(t, dsn).Documents(t.Context(), relayA, "main", time.Unix(at, 0))
		if err != nil || string(got["nip11"]) != want {
			t.Errorf("the round at %d got %q, %v, want %q", at-noon, got["nip11"], err, want)
		}
	}
}
