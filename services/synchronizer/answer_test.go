package synchronizer

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// TestForgedCopyDoesNotKeepOutTheGenuineEvent sends copies that state the id of an event ahead of
// the event itself.
func TestForgedCopyDoesNotKeepOutTheGenuineEvent(t *testing.T) {
	genuine := event.GenerateKey().Sign(5, 1, nil, "genuine")
	json := genuine.AppendJSON(nil)
	forged := genuine
	forged.Sig[40] ^= 1
	since, until := int64(0), int64(math.MaxInt64)
	c := newCollector(event.Filter{Since: &since, Until: &until}, 0)
	for _, raw := range [][]byte{
		bytes.Replace(json, []byte("genuine"), []byte("changed"), 1), // the id is not its hash
		forged.AppendJSON(nil),
		json,
		json,
		bytes.Replace(json, []byte(`,"kind"`), []byte(` , "kind"`), 1), // the same, written differently
	} {
		if err := c.take(raw); err != nil {
			t.Fatal(err)
		}
	}
	if c.rejected[string(event.IDMismatch)] != 1 || c.rejected[rejectedDuplicate] != 2 {
		t.Errorf("got rejections %v, want 1 id_mismatch and 2 duplicates", c.rejected)
	}
	v := newVerifier(func(context.Context, []event.ID) (map[event.ID][64]byte, error) { return nil, nil })
	fresh, _, bad, err := v.sort(t.Context(), c.events)
	if err != nil || bad != 1 || len(fresh) != 1 || fresh[0].Sig != genuine.Sig {
		t.Errorf("got %d new, %d forged, %v, want the genuine event alone", len(fresh), bad, err)
	}
	known := newVerifier(func(_ context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
		return map[event.ID][64]byte{ids[0]: genuine.Sig}, nil
	})
	if _, old, bad, err := known.sort(t.Context(), c.events); err != nil || len(old) != 1 || bad != 1 || old[0].Sig != genuine.Sig {
		t.Errorf("got %d known, %d forged, %v, want the genuine event once", len(old), bad, err)
	}
}
