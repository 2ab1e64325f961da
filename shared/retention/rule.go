package retention

import (
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Rule matches the events for which all of its conditions hold; a condition that is not there holds for every event.
type Rule struct {
	Name      string
	Kinds     []Kinds
	Authors   []event.PubKey
	Relays    []string      // canonical URLs: events that none but these were seen to serve
	OlderThan time.Duration // by created_at; 0 = of any age
}

// Kinds is a range of kinds, both ends included.
type Kinds struct{ From, To uint16 }

// kept are the kinds that no rule matches.
var kept = []uint16{event.KindDeletion, event.KindVanish}

// Matches says whether the rule matches an event that a relay serves; "" = nobody knows which one does.
func (r *Rule) Matches(e *event.Event, relay string, now time.Time) bool {
	return !slices.Contains(kept, e.Kind) &&
		(len(r.Kinds) == 0 || slices.ContainsFunc(r.Kinds, func(k Kinds) bool { return k.From <= e.Kind && e.Kind <= k.To })) &&
		(len(r.Authors) == 0 || slices.Contains(r.Authors, e.PubKey)) &&
		(len(r.Relays) == 0 || slices.Contains(r.Relays, relay)) &&
		(r.OlderThan == 0 || e.CreatedAt < r.Before(now))
}

// Before returns the created_at before which the rule matches, in unix seconds.
func (r *Rule) Before(now time.Time) int64 { return now.Add(-r.OlderThan).Unix() }

// Rules are all rules of a file. An event is removed that any of them matches.
type Rules []Rule

// Match says whether any rule matches.
func (rs Rules) Match(e *event.Event, relay string, now time.Time) bool {
	return slices.ContainsFunc(rs, func(r Rule) bool { return r.Matches(e, relay, now) })
}
