package writer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func checkOf(relay string, at int64, document string) *ingest.Check {
	return &ingest.Check{
		Relay: relay, Vantage: "main", CheckedAt: at, State: "up", StateSince: at, NextCheckAt: at + 3600,
		Results: []*ingest.Result{
			{Check: "open", Ok: true, RttMs: 42}, {Check: "read", Reason: "timeout", Text: "<script>"},
		},
		Documents: []*ingest.Document{{Type: "nip11", Body: []byte(document)}},
	}
}

// TestPublicFactsAreFrozen compares every kind of public message with testdata/facts.golden: it is public interface.
func TestPublicFactsAreFrozen(t *testing.T) {
	p := newPlace(t)
	p.start()
	fixed, err := event.ParseKey(strings.Repeat("01", 32))
	if err != nil {
		t.Fatal(err)
	}
	e := fixed.Sign(1_700_000_000, 1, [][]string{{"t", "a \"tag\""}}, "line\n\x00")
	batch := pageOf("ws://b32xmpl2kyrefi2ct3hv23fkpbxqkbxqkbxqkbxqkbxqkbxqkbxq.b32.i2p/nostr", e)
	batch.Relays = []*ingest.Relay{{Url: relayA, Network: "clearnet", AcceptedAt: noon}}
	first, down, unchanged := checkOf(relayA, noon, "first"), checkOf(relayA, noon+7200, "second"), checkOf(relayA, noon+9000, "second")
	down.State, down.Failures, down.FailingSince, down.NextCheckAt = "down", 3, noon+3600, 0
	unchanged.State, unchanged.StateSince = "down", noon+7200
	batch.Checks = []*ingest.Check{first, down, unchanged}
	p.send(batch)
	p.drained()
	testkit.Golden(t, "testdata/facts.golden", printed(p.streams.Messages(subject.StreamEvents), p.streams.Messages(subject.StreamRelays)))
}

// printed renders messages for people; what differs from run to run, a signature, is cut out.
func printed(streams ...[]bus.Message) string {
	var b strings.Builder
	for _, messages := range streams {
		for _, m := range messages {
			fmt.Fprintln(&b, m.Subject)
			for _, name := range slices.Sorted(maps.Keys(m.Header)) {
				if strings.HasPrefix(name, "Brotr-") {
					fmt.Fprintf(&b, "%s: %s\n", name, m.Header[name])
				}
			}
			body := string(m.Body)
			var parts struct{ Sig string }
			if json.Unmarshal(m.Body, &parts) == nil && parts.Sig != "" {
				body = strings.Replace(body, parts.Sig, "<sig>", 1)
			}
			fmt.Fprintf(&b, "%s\n\n", body)
		}
	}
	return b.String()
}

// newerBatch is a batch of a version that is not known yet: a zstd frame of one raw block.
func newerBatch(t *testing.T) []byte {
	t.Helper()
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x20, 2, 2<<3 | 1, 0, 0, 1 << 3, ingest.Version + 1} // field 1, a varint
	if _, err := ingest.Decode(frame); !errors.Is(err, ingest.ErrNewer) {
		t.Fatalf("Decode: got %v, want ErrNewer", err)
	}
	return frame
}
