package simrelay

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// TestCrafted demands that only the difference between what is signed and what is sent makes a crafted event bad.
func TestCrafted(t *testing.T) {
	raw := Crafted{Tags: `[["t","a"]]`, Content: `"\u0000"`, Kind: "65535"}.Raw(7)
	e, err := event.Parse(raw.JSON)
	if err != nil || !e.CheckSignature() || e.ID != raw.ID || e.Kind != 65535 || raw.CreatedAt != 7 {
		t.Errorf("got %+v, %v, want a valid event", e, err)
	}
	if _, err := event.Parse(Crafted{Content: `"a"`, SentContent: `"b"`}.Raw(7).JSON); err == nil {
		t.Error("got a valid event, want one whose id is not its hash")
	}
}
