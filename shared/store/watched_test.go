package store_test

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMonitorsOfARelayAreCountedByKeyAndTime(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	one, two := event.GenerateKey(), event.GenerateKey()
	d := func(key event.Key, at int64, kind uint16, url string) event.Event {
		return key.Sign(at, kind, [][]string{{"d", url}}, "")
	}
	write(t, s, batchOf(pageOf(relayA, noon,
		d(one, noon, 30166, "wss://both.com"), d(two, noon-5, 30166, "wss://both.com/"),
		d(one, noon, 30166, "wss://once.com/"), d(one, noon-1, 30166, "wss://once.com"),
		d(one, noon, 30166, "wss://stale.com"), d(two, noon-999, 30166, "wss://stale.com"),
		d(one, noon, 30166, "wss://future.com"), d(two, noon+999, 30166, "wss://future.com"),
		d(one, noon, 30166, "wss://kind.com"), d(two, noon, 30023, "wss://kind.com"))))
	got, err := r.MonitorsOf(t.Context(), []string{"wss://both.com", "wss://once.com", "wss://stale.com", "wss://future.com", "wss://kind.com", "wss://none.com"},
		time.Unix(noon-99, 0), time.Unix(noon+99, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"wss://both.com": 2, "wss://once.com": 1, "wss://stale.com": 1, "wss://future.com": 1, "wss://kind.com": 1}
	expect(t, "monitors", got, want)
}
