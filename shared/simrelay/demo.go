package simrelay

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Sizes of the demo's special seconds: more events than a page holds, of many kinds and authors or all of one.
const (
	denseMany  = 1200
	denseKinds = 12
	denseOne   = 700
	maxLive    = 50_000
)

// cast is the demo's network: names, manners, and what an archive can get from each. The first ones get the most events.
var cast = []struct {
	name    string
	manners Manners
	expect  Expect
}{
	{"honest-1", Manners{}, Expect{Complete, ""}},
	{"honest-2", Manners{Ties: TiesIDAscending}, Expect{Complete, ""}},
	{"cap-500", Manners{Cap: 500, DefaultLimit: 500}, Expect{Complete, ""}},
	{"cap-100", Manners{Cap: 100}, Expect{Complete, ""}},
	{"honest-3", Manners{FinishHint: true}, Expect{Complete, ""}},
	{"cap-300", Manners{Cap: 300, Ties: TiesIDDescending}, Expect{Complete, ""}},
	{"above-cap-default", Manners{Cap: 250, DefaultLimit: 125, AboveCapAnswer: 125, NewlineFrames: true}, Expect{Complete, ""}},
	{"short-pages", Manners{Cap: 200, DefaultLimit: 200, HiddenShare: 0.1}, Expect{Complete, ""}},
	{"slow", Manners{Delay: 300 * time.Millisecond}, Expect{Complete, ""}},
	{"oldest-first", Manners{Order: OldestFirst, Cap: 200}, Expect{Complete, ""}},
	{"random-order", Manners{Order: RandomOrder, Cap: 100}, Expect{Truncated, "order"}},
	{"until-exclusive", Manners{UntilExclusive: true, Cap: 200}, Expect{Complete, ""}},
	{"since-exclusive", Manners{SinceExclusive: true, Cap: 200}, Expect{Complete, ""}},
	{"ignores-since", Manners{IgnoreSince: true, Cap: 200}, Expect{Complete, ""}},
	{"drops-sometimes", Manners{DropMidAnswerEvery: 3}, Expect{Complete, ""}},
	{"drops-after-five", Manners{DropAfter: 5, Cap: 200}, Expect{Complete, ""}},
	{"rate-limited", Manners{RateLimitAfter: 10, RateWindow: 2 * time.Second, Cap: 200}, Expect{Complete, ""}},
	{"refuses-sometimes", Manners{RefuseEvery: 4}, Expect{Complete, ""}},
	{"loses-eose", Manners{LoseEOSEEvery: 4}, Expect{Complete, ""}},
	{"duplicates", Manners{Duplicates: true}, Expect{Complete, ""}},
	{"outside-filter", Manners{OutsideFilter: 3}, Expect{Complete, ""}},
	{"forger", Manners{Forge: 0.05}, Expect{Truncated, "forged"}},
	{"dense-second", Manners{Cap: 500}, Expect{Complete, ""}},
	{"dense-author", Manners{Cap: 500}, Expect{Truncated, "second"}},
	{"auth-only", Manners{AuthOnly: true}, Expect{None, "auth"}},
	{"notice-only", Manners{NoticeOnly: true}, Expect{None, "notice"}},
	{"restricted", Manners{ClosedPrefix: "restricted"}, Expect{None, "closed"}},
	{"drops-always", Manners{DropMidAnswerEvery: 1}, Expect{None, "disconnect"}},
	{"endless", Manners{EndlessStream: true}, Expect{None, "flood"}},
	{"giant-frame", Manners{GiantFrame: 4 << 20}, Expect{None, "too_large"}},
	{"empty", Manners{}, Expect{Complete, ""}},
	{"dead", Manners{Dead: Refused}, Expect{None, "refused"}},
	{"hang", Manners{Dead: Hang}, Expect{None, "timeout"}},
	{"web-page", Manners{Dead: HTTPOK}, Expect{None, "upgrade"}},
	{"forbidden", Manners{Dead: HTTPForbidden}, Expect{None, "upgrade"}},
}

// filled is how many of the cast, from the first, get a share of the world.
const filled = 30

// DemoConfig sizes the demo network.
type DemoConfig struct {
	Seed     uint64
	Events   int // of the world (default 3,000); the dense seconds come on top
	BasePort int // the relays take this and the following ports (0: any free ports, others at every start)

	Listen string // address to listen on (default 127.0.0.1)
	Host   string // name under which clients reach the relays (default: the address)
}

// Member is a relay of a network and what an archive can get from it.
type Member struct {
	*Relay
	Expect Expect
}

// Network is a set of running relays over one world.
type Network struct {
	World   *World
	Members []*Member
}

// Demo starts a network that has one relay of every sort. The caller stops it.
func Demo(cfg DemoConfig) (*Network, error) {
	if cfg.Events <= 0 {
		cfg.Events = 3000
	}
	n := &Network{}
	for i, c := range cast {
		m := &Member{Relay: New(c.name, c.manners, nil, cfg.options(i)...), Expect: c.expect}
		n.Members = append(n.Members, m)
		if err := m.Start(); err != nil {
			n.Stop()
			return nil, err
		}
	}
	n.World = GenerateWorld(WorldConfig{Seed: cfg.Seed, Events: cfg.Events, RelayURLs: n.URLs()})
	n.fill()
	return n, nil
}

// options are those of relay number i.
func (c DemoConfig) options(i int) []Option {
	listen, port := c.Listen, 0
	if listen == "" {
		listen = "127.0.0.1"
	}
	if c.BasePort != 0 {
		port = c.BasePort + i
	}
	return []Option{WithAddr(net.JoinHostPort(listen, strconv.Itoa(port))), WithHost(c.Host)}
}

func (n *Network) fill() {
	for i, events := range n.World.Distribute(filled, 4.7) {
		n.Members[i].Add(events...)
	}
	n.Members[0].Add(n.introductions()...)
	n.Relay("dense-second").Add(n.World.dense(denseMany, len(n.World.keys), denseKinds)...)
	n.Relay("dense-author").Add(n.World.dense(denseOne, 1, 1)...)
}

// introductions are relay lists that together name every relay of the network, so that one relay leads to all.
func (n *Network) introductions() []event.Event {
	var lists []event.Event
	urls := n.URLs()
	for i := 0; i < len(urls); i += 3 {
		var tags [][]string
		for _, url := range urls[i:min(i+3, len(urls))] {
			tags = append(tags, []string{"r", url})
		}
		key := n.World.keys[(i/3)%len(n.World.keys)]
		lists = append(lists, key.Sign(n.World.cfg.Until.Unix()-int64(i), 10002, tags, ""))
	}
	return lists
}

// dense makes n events of one second, in the middle of the world's time, by so many authors and of so many kinds.
func (w *World) dense(n, authors, kinds int) []event.Event {
	at := w.cfg.Since.Add(w.cfg.Until.Sub(w.cfg.Since) / 2).Unix()
	events := make([]event.Event, n)
	parallel(0, n, func(i int) {
		events[i] = w.keys[i%authors].Sign(at, uint16(1+i%kinds), nil, fmt.Sprintf("event %d of %d in one second, by %d authors", i+1, n, authors))
	})
	return events
}

// Stop stops every relay.
func (n *Network) Stop() {
	for _, m := range n.Members {
		m.Stop()
	}
}

// URLs lists all relays, dead ones too.
func (n *Network) URLs() []string {
	urls := make([]string, len(n.Members))
	for i, m := range n.Members {
		urls[i] = m.URL()
	}
	return urls
}

// Relay returns the member with this name, or nil.
func (n *Network) Relay(name string) *Member {
	for _, m := range n.Members {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// Live adds one new event per interval, each on several relays, until ctx ends or 50,000 were added.
func (n *Network) Live(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for range maxLive {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			n.say(now)
		}
	}
}

func (n *Network) say(now time.Time) {
	for _, ev := range n.World.More(1, now) {
		for _, k := range n.World.placement(ev.ID, filled, 4.7) {
			n.Members[k].Add(ev)
		}
	}
}
