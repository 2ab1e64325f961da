package monitor

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Deadline is a check that a monitor makes, and how long one attempt of it may take.
type Deadline struct {
	Check string
	After time.Duration
}

// Deadlines lists the checks that a monitor makes, for whoever announces them. timeout is the setting of a network
// (<NET>_CHECK_TIMEOUT).
func (c Config) Deadlines(timeout time.Duration) []Deadline {
	made := c.made()
	list := make([]Deadline, len(made))
	for i, check := range made {
		list[i] = Deadline{check.name, check.deadline(timeout)}
	}
	return list
}

// LongestInterval is the time between two checks of a relay that answers, in that network of which relays wait longest.
func (c Config) LongestInterval(enabled func(relay.Network) bool) (longest time.Duration) {
	for _, network := range relay.Networks() {
		if enabled(network) {
			longest = max(longest, c.interval(network))
		}
	}
	return longest
}
