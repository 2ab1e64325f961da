package synchronizer

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// parseOverrides reads SYNC_OVERRIDES; file names it in errors.
func parseOverrides(file string, text []byte) (map[relay.URL]override, error) {
	all := map[relay.URL]override{}
	err := parseList(file, text, "overrides", func(v value) {
		outside := v
		outside.where = "" // "override 2" says it already
		v.list(0, maxOverrides, func(i int, node *yaml.Node) {
			one := outside.inside(node, fmt.Sprintf("override %d", i+1))
			url, o := one.override()
			if _, twice := all[url]; twice {
				one.wrong("%s is named twice; join the two records", app.Quote(string(url)))
			}
			if url != "" {
				all[url] = o
			}
		})
	})
	return all, err
}

// override reads one record; a URL that is wrong is "".
func (v value) override() (relay.URL, override) {
	var o override
	var url relay.URL
	named := false
	keys := map[string]func(value){
		"relay":             func(v value) { url, named = v.relay(), true },
		"request_timeout":   func(v value) { o.requestTimeout = v.duration(5*time.Second, 2*time.Minute) },
		"quantum":           func(v value) { o.quantum = v.duration(time.Minute, 4*time.Hour) },
		"interval":          func(v value) { o.interval = v.duration(time.Minute, 7*24*time.Hour) },
		"max_requests":      func(v value) { o.maxRequests = v.number(0, 1000) },
		"max_bytes_per_day": func(v value) { o.maxBytesPerDay = v.size(1<<20, 1<<40) },
		"page_limit":        func(v value) { o.pageLimit = v.whole(1, 5000) },
		"start":             func(v value) { o.start = v.moment() },
		"filters":           func(v value) { o.filters = v.filters() },
		"auth":              func(v value) { o.auth = or(v.yes(), false) },
		"live":              func(v value) { o.live = v.yes() },
		"priority":          func(v value) { o.priority = or(word(v, priorities), priorityNormal) },
	}
	v.record(func(key string, member value) bool {
		read, known := keys[key]
		if known {
			read(member)
		}
		return known
	})
	if !named {
		v.wrong("relay: it is missing; name the relay's URL")
	}
	return url, o
}

// relay reads a URL; a wrong one is "".
func (v value) relay() relay.URL {
	text, ok := v.text()
	if !ok {
		return ""
	}
	url, err := relay.Anywhere.Parse(text)
	if err != nil {
		v.wrong("got %s, want the URL of a relay, ws://… or wss://…: %v", v.kind(), err)
	}
	return url
}
