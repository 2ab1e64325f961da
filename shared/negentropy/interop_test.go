package negentropy

import (
	"encoding/hex"
	"slices"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/nbd-wtf/go-nostr"
	theirs "github.com/nbd-wtf/go-nostr/nip77/negentropy"
	"github.com/nbd-wtf/go-nostr/nip77/negentropy/storage/vector"
)

func foreign(items []Item, frame int) *theirs.Negentropy {
	v := vector.New()
	for _, it := range items {
		v.Insert(nostr.Timestamp(it.CreatedAt), it.ID.String())
	}
	v.Seal()
	return theirs.New(v, frame)
}

// foreignSets are two sets in every relation, with many items of one second.
var foreignSets = map[string]func() (a, b []Item){
	"overlap":  func() (a, b []Item) { return numberedSet(0, 3000, 40), numberedSet(1000, 4000, 40) },
	"equal":    func() (a, b []Item) { return numberedSet(0, 2000, 3), numberedSet(0, 2000, 3) },
	"empty":    func() (a, b []Item) { return nil, numberedSet(0, 500, 3) },
	"no peer":  func() (a, b []Item) { return numberedSet(0, 500, 3), nil },
	"one tie":  func() (a, b []Item) { return numberedSet(0, 900, 5000), numberedSet(100, 1000, 5000) },
	"disjoint": func() (a, b []Item) { return numberedSet(0, 900, 2), numberedSet(1000, 1900, 2) },
}

func TestClientAgainstAForeignServer(t *testing.T) {
	for name, sets := range foreignSets {
		for _, frame := range []int{0, 5000} {
			t.Run(name, func(t *testing.T) {
				a, b := sets()
				server := foreign(b, frame)
				c := NewClient(NewSet(slices.Clone(a)), Limits{FrameBytes: 5000})
				_, err := talk(c, 0, func(message []byte) ([]byte, error) {
					text, err := server.Reconcile(hex.EncodeToString(message))
					if err != nil {
						return nil, err
					}
					return hex.DecodeString(text)
				})
				if err != nil {
					t.Fatalf("got %v, want a reconciliation", err)
				}
				wantDifference(t, c, a, b)
			})
		}
	}
}

func TestServerAgainstAForeignClient(t *testing.T) {
	for name, sets := range foreignSets {
		for _, frame := range []int{1, 60_000} {
			t.Run(name, func(t *testing.T) {
				a, b := sets()
				client, server := foreign(a, 0), NewServer(NewSet(slices.Clone(b)), Limits{FrameBytes: frame})
				var have, need []event.ID
				var done sync.WaitGroup
				done.Go(func() { have = collect(client.Haves) })
				done.Go(func() { need = collect(client.HaveNots) })
				for text := client.Start(); text != ""; {
					message, err := hex.DecodeString(text)
					if err != nil {
						t.Fatal(err)
					}
					reply, err := server.Answer(message)
					if err != nil {
						t.Fatalf("got %v, want an answer", err)
					}
					if text, err = client.Reconcile(hex.EncodeToString(reply)); err != nil {
						t.Fatal(err)
					}
				}
				done.Wait()
				if !slices.Equal(have, without(a, b)) || !slices.Equal(need, without(b, a)) {
					t.Errorf("got %d and %d ids, want %d and %d", len(have), len(need), len(without(a, b)), len(without(b, a)))
				}
			})
		}
	}
}

func collect(list <-chan string) (ids []event.ID) {
	for text := range list {
		var id event.ID
		if _, err := hex.Decode(id[:], []byte(text)); err == nil {
			ids = append(ids, id)
		}
	}
	return slices.Compact(sortIDs(ids))
}
