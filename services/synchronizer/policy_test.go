package synchronizer

import (
	"reflect"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func TestPolicyLaysTheOverrideOverTheSettings(t *testing.T) {
	network, err := app.Load[netconf.Config](map[string]string{"TOR_QUANTUM": "11m"})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := app.Load[Config](map[string]string{"SYNC_START": "1600000000", "SYNC_PAGE_LIMIT": "400", "RELAY_MAX_REQUESTS": "3"})
	if err != nil {
		t.Fatal(err)
	}
	overrides, err := parseOverrides("o", []byte(`overrides:
  - {relay: wss://all.example.com, request_timeout: 60s, quantum: 30m, interval: 2m, max_requests: 0, max_bytes_per_day: 3GiB,
     page_limit: 7, start: 5, filters: [{kinds: [1]}], auth: true, live: false, priority: high}
  - {relay: wss://one.example.com, quantum: 30m, priority: low}
`))
	if err != nil {
		t.Fatal(err)
	}
	l := lists{filters: []event.Filter{{}}, overrides: overrides}
	plain := policy{
		CheckTimeout: 10 * time.Second, RequestTimeout: 30 * time.Second, Quantum: 5 * time.Minute, Interval: 15 * time.Minute,
		MaxRequests: 3, PageLimit: 400, Start: time.Unix(1600000000, 0), Filters: []event.Filter{{}}, Live: true,
	}
	onion, one := plain, plain
	onion.CheckTimeout, onion.RequestTimeout, onion.Quantum = 30*time.Second, time.Minute, 11*time.Minute
	one.Quantum, one.Priority, one.Named = 30*time.Minute, priorityLow, true
	for url, want := range map[relay.URL]policy{
		"wss://other.example.com": plain,
		"ws://x.onion":            onion,
		"wss://one.example.com":   one,
		"wss://all.example.com": {
			CheckTimeout: 10 * time.Second, RequestTimeout: time.Minute, Quantum: 30 * time.Minute, Interval: 2 * time.Minute,
			MaxBytesPerDay: 3 << 30, PageLimit: 7, Start: time.Unix(5, 0), Filters: []event.Filter{{Kinds: []uint16{1}}},
			Auth: true, Named: true, Priority: priorityHigh,
		},
	} {
		if got := l.policy(url, cfg, network.Limits(url.Network())); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", url, got, want)
		}
	}
}
