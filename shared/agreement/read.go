package agreement

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Kind is that of relay discovery events (NIP-66).
const Kind = 30166

// Bounds of what is taken from one event.
const (
	maxTags = 500
	maxRTT  = 10 * time.Minute
)

// Claim is what one monitor says of a relay.
type Claim struct {
	Monitor      event.PubKey
	At           time.Time
	Open, Read   time.Duration // 0 = not said
	Write        time.Duration
	NIPs         []string // N
	Requirements []string // R, "!" for no
}

var (
	nip         = regexp.MustCompile(`^[0-9A-Z]{1,4}$`)
	requirement = regexp.MustCompile(`^!?(auth|writes|pow|payment)$`)
)

// Read takes what an event's tags say of a relay; false = it is not about it. Monitors write the d tag of a URL without
// a path with and without a slash at its end.
func Read(monitor event.PubKey, at time.Time, tags [][]string, relayURL string) (Claim, bool) {
	c := Claim{Monitor: monitor, At: at}
	about := false
	for _, tag := range tags[:min(len(tags), maxTags)] {
		if len(tag) < 2 {
			continue
		}
		switch name, value := tag[0], tag[1]; name {
		case "d":
			about = about || slices.Contains(Names(relayURL), value)
		case "rtt-open":
			c.Open = roundTrip(value)
		case "rtt-read":
			c.Read = roundTrip(value)
		case "rtt-write":
			c.Write = roundTrip(value)
		case "N":
			c.NIPs = take(c.NIPs, value, nip)
		case "R":
			c.Requirements = take(c.Requirements, value, requirement)
		}
	}
	return c, about
}

// Names are the values of the d tag that mean a relay.
func Names(relayURL string) []string { return []string{relayURL, relayURL + "/"} }

// roundTrip reads milliseconds; what is out of bounds is not said.
func roundTrip(value string) time.Duration {
	ms, err := strconv.ParseInt(value, 10, 32)
	if d := time.Duration(ms) * time.Millisecond; err == nil && d > 0 && d <= maxRTT {
		return d
	}
	return 0
}

// take adds a value of the right form once.
func take(all []string, value string, form *regexp.Regexp) []string {
	if !form.MatchString(value) || slices.Contains(all, value) {
		return all
	}
	return append(all, value)
}
