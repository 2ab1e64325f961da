package relay

import "time"

// What a connection puts up with, at once and for how long one of it is remembered.
const (
	maxControls     = 200 // pings and pongs
	controlPeriod   = 100 * time.Millisecond
	maxStrays       = 1_000 // frames that belong to nobody
	strayPeriod     = time.Second
	maxLate         = 32 << 10 // KiB, begun ones counted whole, of subscriptions that ended before
	latePeriod      = 10 * time.Millisecond
	maxMalformed    = 20 // frames that are not Nostr
	malformedPeriod = time.Minute
)

// allowance is how much of something unwanted is put up with. What was spent comes back with time, one per period, so
// that a connection of days does not end by a little now and then, and a flood ends it.
type allowance struct {
	max   int
	every time.Duration

	used int
	from time.Duration // when used was last made less
}

// spend takes n and says whether there was that much.
func (a *allowance) spend(now time.Duration, n int) bool {
	if back := (now - a.from) / a.every; back > 0 {
		a.used = max(a.used-int(back), 0)
		a.from = now
	}
	a.used += n
	return a.used <= a.max
}

// renew forgets what was spent.
func (a *allowance) renew() { a.used = 0 }
