package synchronizer

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// policy is what holds for one relay: the settings, those of its network, and its override over both.
type policy struct {
	CheckTimeout   time.Duration // of a connection
	RequestTimeout time.Duration // of an answer without any frame
	Quantum        time.Duration // of one turn
	Interval       time.Duration // between two turns
	MaxRequests    float64       // a second; 0 = no limit
	MaxBytesPerDay app.Size      // 0 = the default
	PageLimit      int
	Start          time.Time
	Filters        []event.Filter // at least one; shared by all, so never to be changed
	Auth           bool           // answer its challenges (NIP-42)
	Live           bool           // follow it beside the walks
	Named          bool           // in an override: it runs, whatever the monitor says
	Priority       priority
}

// priority says who goes first where not all can.
type priority int8

const (
	priorityLow    priority = iota - 1 // never takes a live slot
	priorityNormal                     // what no override changes
	priorityHigh                       // a turn at least every interval, and always a live slot
)

// priorities are the words of the list file.
var priorities = map[string]priority{"high": priorityHigh, "normal": priorityNormal, "low": priorityLow}

// lists is what the list files say.
type lists struct {
	filters   []event.Filter
	overrides map[relay.URL]override
}

// override is one record of SYNC_OVERRIDES. What is nil there is not changed.
type override struct {
	requestTimeout, quantum, interval *time.Duration

	maxRequests    *float64
	maxBytesPerDay *app.Size
	pageLimit      *int
	start          *time.Time
	filters        []event.Filter
	auth           bool
	live           *bool
	priority       priority
}

// policy returns what holds for a relay, given the limits of its network.
func (l lists) policy(url relay.URL, cfg Config, limits netconf.Limits) policy {
	o, named := l.overrides[url]
	p := policy{
		CheckTimeout:   limits.CheckTimeout,
		RequestTimeout: or(o.requestTimeout, limits.RequestTimeout),
		Quantum:        or(o.quantum, limits.Quantum),
		Interval:       or(o.interval, cfg.Interval),
		MaxRequests:    or(o.maxRequests, cfg.MaxRequests),
		MaxBytesPerDay: or(o.maxBytesPerDay, 0),
		PageLimit:      or(o.pageLimit, cfg.PageLimit),
		Start:          or(o.start, cfg.Start.Time),
		Filters:        l.filters,
		Auth:           o.auth,
		Live:           or(o.live, cfg.Live),
		Named:          named,
		Priority:       o.priority,
	}
	if o.filters != nil {
		p.Filters = o.filters
	}
	return p
}

// or returns what is set, else the fallback.
func or[T any](set *T, fallback T) T {
	if set != nil {
		return *set
	}
	return fallback
}
