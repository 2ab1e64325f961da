package standalone_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const monitorKey = "5f1c8a0000000000000000000000000000000000000000000000000000000005"

// TestWhatTheMonitorFoundIsOnNostr has a relay found, checked and published by separate processes, and asks the publish relay
// for it as any client does. The command line shows the same event.
func TestWhatTheMonitorFoundIsOnNostr(t *testing.T) {
	monitored := simrelay.New("monitored", simrelay.Manners{NIP11: []byte(`{"name":"monitored","supported_nips":[1,11]}`)}, nil)
	target := simrelay.New("target", simrelay.Manners{}, nil)
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.Stop)
	c := launchOver(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "publisher": 2, "writer": 1}, over(monitored),
		"MONITOR_PRIVATE_KEY="+monitorKey, "MONITOR_PUBLISH_RELAYS="+target.URL(), "CLEARNET_CHECK_TIMEOUT=5s")
	c.inject([]string{monitored.URL()})
	c.waitFor("the record of four kinds", 2*time.Minute, func() bool {
		return testkit.Number(t, c.owner, "SELECT count(*) FROM publication WHERE accepted") == 4
	})
	key, err := event.ParseKey(monitorKey)
	if err != nil {
		t.Fatal(err)
	}
	var found []uint16
	for _, e := range published(t, target.URL(), key.PubKey()) {
		found = append(found, e.Kind)
		if e.Kind == 30166 && (!strings.Contains(string(e.Tags), `["d","`+monitored.URL()+`/"]`) || !strings.Contains(string(e.Content), "monitored")) {
			t.Errorf("got %s, want what is said of the monitored relay", e.AppendJSON(nil))
		}
	}
	slices.Sort(found)
	if !slices.Equal(slices.Compact(found), []uint16{0, 10002, 10166, 30166}) {
		t.Errorf("got kinds %v, want all four", found)
	}
	preview, err := event.Parse([]byte(strings.TrimSpace(c.command("publish", "preview", monitored.URL()))))
	if err != nil || preview.PubKey != key.PubKey() || preview.Kind != 30166 {
		t.Errorf("the preview got kind %d by %s (%v), want the event of the monitor", preview.Kind, preview.PubKey, err)
	}
}

// published asks a relay for everything by an author.
func published(t *testing.T, url string, author event.PubKey) (events []event.Event) {
	t.Helper()
	u, err := relay.Anywhere.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := relay.NewDialer(relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}).Connect(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Query(t.Context(), relay.Request{Filter: event.Filter{Authors: []event.PubKey{author}}}, func(raw []byte) error {
		e, err := event.Parse(bytes.Clone(raw))
		events = append(events, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}
