package store_test

import (
	"fmt"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestLatestTagsAreThoseOfTheNewestEvent(t *testing.T) {
	dsn := testkit.Postgres(t)
	list := func(at int64, relay string) event.Event {
		return key.Sign(at, 10050, [][]string{{"relay", relay}}, "")
	}
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, list(1_700_000_000, "wss://old"), list(1_700_000_001, "wss://new"),
		key.Sign(1_700_000_002, 10002, nil, ""))))
	got, err := testkit.Reader(t, dsn).LatestTags(t.Context(), key.PubKey(), 10050)
	if err != nil || fmt.Sprint(got) != "[[relay wss://new]]" {
		t.Errorf("got %v, %v, want the newest list", got, err)
	}
	if got, err := testkit.Reader(t, dsn).LatestTags(t.Context(), event.GenerateKey().PubKey(), 10050); err != nil || len(got) != 0 {
		t.Errorf("of somebody else got %v, %v, want none", got, err)
	}
}
