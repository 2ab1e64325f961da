package ingest_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample holds every message of the contract with every field set.
func sample() *ingest.Batch {
	id := bytes.Repeat([]byte{0xab}, 32)
	return &ingest.Batch{
		Version: ingest.Version,
		Candidates: []*ingest.Candidate{{
			Url: "wss://relay.example.com", Network: "clearnet", Source: "nip65", FoundAt: 1700000000, Vantage: "main",
			Tries: 2, TriedAt: 1700000100, Reason: "timeout", NextTryAt: 1700003700, GivenUp: true,
		}},
		Relays: []*ingest.Relay{{Url: "wss://relay.example.com", Network: "clearnet", AcceptedAt: 1700000000, Vantage: "main"}},
		Checks: []*ingest.Check{{
			Relay: "wss://relay.example.com", Vantage: "main", CheckedAt: 1700000000,
			Results:   []*ingest.Result{{Check: "open", Ok: true, RttMs: 120, Reason: "timeout", Text: "slow down"}},
			Documents: []*ingest.Document{{Type: "nip11", Sha256: id, Body: []byte(`{"name":"relay"}`)}},
			State:     "up", StateSince: 1700000000, Failures: 1, FailingSince: 1700000000, NextCheckAt: 1700003600,
		}},
		Pages: []*ingest.Page{{
			PageId: id[:16], Part: 1, Parts: 2, Relay: "wss://relay.example.com", Vantage: "main", Filter: "{}",
			Since: 1600000000, Until: 1700000000, Proof: ingest.Proof_PROOF_EOSE, SeenAt: 1700000001,
			Events: []*ingest.Event{{
				Id: id, Pubkey: id, Sig: append(id, id...), CreatedAt: 1690000000, Kind: 1,
				Tags: []byte(`[["t","nostr"]]`), Content: []byte(`"hello"`),
			}},
			KnownIds: append(id, id...),
		}},
		Visits: []*ingest.Visit{{
			Relay: "wss://relay.example.com", Vantage: "main", Job: "sync", StartedAt: 1700000000, EndedAt: 1700000010,
			Outcome: "failed", Reason: "timeout", NextAt: 1700000900, Requests: 3, Pages: 2, NewEvents: 10, KnownEvents: 20,
			Bytes: 4096, Rejected: map[string]uint64{"id_mismatch": 1},
		}},
		Manners: []*ingest.Manners{{
			Relay: "wss://relay.example.com", Vantage: "main", ProbedAt: 1700000000, Cap: 500, Order: "newest",
			UntilExclusive: true, SinceExclusive: true, IgnoresUntil: true, IgnoresSince: true,
		}},
		Imports: []*ingest.Import{{
			Source: "parquet", ReadAt: 1700000000,
			Events: []*ingest.Event{{Id: id, Pubkey: id, Sig: append(id, id...), CreatedAt: 1690000000, Kind: 1,
				Tags: []byte(`[]`), Content: []byte(`"hello"`)}},
			Sightings: []*ingest.Sightings{{Relay: "wss://relay.example.com", Ids: id, FirstSeen: []int64{1690000001},
				LastSeen: []int64{1690000002}, MissingSince: []int64{1690000003}}},
			Checks: []*ingest.Check{{Relay: "wss://relay.example.com", Vantage: "main", CheckedAt: 1690000000,
				Results: []*ingest.Result{{Check: "open", Ok: true, RttMs: 120}}}},
			Relays:  []*ingest.Relay{{Url: "wss://relay.example.com", Network: "clearnet", AcceptedAt: 1690000000}},
			Refused: []*ingest.Refused{{Raw: []byte(`{"id":1}`), Reason: "bad_hex"}},
		}},
	}
}

// TestGolden freezes the wire format: these bytes lie in streams when a new version starts.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "batch.v2.hex")
	plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(plain)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(plain); got != strings.TrimSpace(string(golden)) {
		t.Errorf("the wire format changed: got %s, want %s", got, golden)
	}
	var old ingest.Batch
	raw, err := hex.DecodeString(strings.TrimSpace(string(golden)))
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(raw, &old); err != nil || !proto.Equal(&old, sample()) {
		t.Errorf("got %s from the golden bytes, %v, want the sample", protojson.Format(&old), err)
	}
}

// TestTheVersionBeforeIsRead decodes what a worker of version 1 left on the stream, and every version around ours.
func TestTheVersionBeforeIsRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "batch.v1.hex"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := ingest.Decode(compress(t, raw))
	if err != nil || batch.Version != 1 || len(batch.Pages) != 1 || len(batch.Pages[0].Events) != 1 || len(batch.Checks) != 1 {
		t.Errorf("got %v, %v, want the batch of version 1", batch, err)
	}
	for version, want := range map[uint32]error{ingest.Version - 2: ingest.ErrUndecodable, ingest.Version - 1: nil,
		ingest.Version: nil, ingest.Version + 1: ingest.ErrNewer} {
		if _, err := ingest.Decode(compress(t, marshal(t, &ingest.Batch{Version: version}))); !errors.Is(err, want) {
			t.Errorf("version %d: got %v, want %v", version, err, want)
		}
	}
}

func compress(t *testing.T, plain []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(plain, nil)
}

func marshal(t *testing.T, b *ingest.Batch) []byte {
	plain, err := proto.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestEncodeDecode(t *testing.T) {
	want := sample()
	body, err := ingest.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ingest.Decode(body)
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("got %v, %v, want what was encoded", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	newer := sample()
	newer.Version = ingest.Version + 1
	tests := []struct {
		name string
		body []byte
		want error
	}{
		{"nothing", nil, ingest.ErrUndecodable},
		{"no zstd", []byte("hello"), ingest.ErrUndecodable},
		{"no protobuf", compress(t, []byte{0xff, 0xff, 0xff}), ingest.ErrUndecodable},
		{"no version", compress(t, marshal(t, &ingest.Batch{Pages: sample().Pages})), ingest.ErrUndecodable},
		{"a newer version", compress(t, marshal(t, newer)), ingest.ErrNewer},
		{"a bomb of 1 GiB", bomb(t), ingest.ErrUndecodable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := ingest.Decode(test.body); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// bomb compresses 1 GiB of zeros into some kilobytes.
func bomb(t *testing.T) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 1024 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDecodeIsBounded(t *testing.T) {
	body := bomb(t)
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _ = ingest.Decode(body)
		}
	})
	if per := result.AllocedBytesPerOp(); per > 4*ingest.MaxDecodedBytes {
		t.Errorf("a bomb costs %d bytes, want at most %d", per, 4*ingest.MaxDecodedBytes)
	}
}

func TestRoundTripOfAnyEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := &ingest.Batch{Pages: []*ingest.Page{{Events: []*ingest.Event{{
			Id: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "id"), CreatedAt: rapid.Int64().Draw(t, "created_at"),
			Tags: rapid.SliceOf(rapid.Byte()).Draw(t, "tags"), Content: rapid.SliceOf(rapid.Byte()).Draw(t, "content"),
		}}}}}
		body, err := ingest.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ingest.Decode(body); err != nil || !proto.Equal(got, want) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	body, err := ingest.Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		batch, err := ingest.Decode(body)
		if err == nil && (batch.Version+1 < ingest.Version || batch.Version > ingest.Version) {
			t.Errorf("decoded version %d", batch.Version)
		}
		if err != nil && !errors.Is(err, ingest.ErrUndecodable) && !errors.Is(err, ingest.ErrNewer) {
			t.Errorf("got an error of no class: %v", err)
		}
	})
}

// TestGeneratedCodeIsCurrent generates anew and compares.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	out := t.TempDir()
	generate := exec.Command("go", "run", "./internal/generate", "-out", out)
	generate.Dir = ".."
	if text, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("generate: %v\n%s", err, text)
	}
	want, err := os.ReadFile("ingest.pb.go")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(out, "ingest", "ingest.pb.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("ingest.pb.go is not what ingest.proto says; run: go generate ./proto/ingest")
	}
}
