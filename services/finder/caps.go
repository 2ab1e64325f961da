package finder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// capsKey is where the counts of the day are kept. One value holds all of them and a new day overwrites it, so nothing
// grows.
const capsKey = "finder_caps"

// ledger counts the new URLs of one day (UTC). It is read from the bus before a batch of new URLs and written back after
// it, so it outlives a restart; two replicas at it in the same moment may forget some of each other's counts.
type ledger struct {
	Day       string         `json:"day"`
	Strangers int            `json:"strangers"` // new URLs that strangers named
	People    int            `json:"people"`    // new URLs that the seed and people named
	Domains   map[string]int `json:"domains"`   // by fingerprint of the registrable domain; strangers only

	perDomain, perDay int
	changed           bool
}

// loadLedger reads today's counts. What does not decode counts as nothing: caps are a brake, not a record.
func loadLedger(ctx context.Context, b *bus.Bus, cfg Config, now time.Time) (*ledger, error) {
	value, _, err := b.Get(ctx, capsKey)
	if err != nil {
		return nil, fmt.Errorf("read the counts of the day: %w", err)
	}
	day := now.UTC().Format(time.DateOnly)
	l := new(ledger)
	if json.Unmarshal(value, l) != nil || l.Day != day || l.Domains == nil {
		l = &ledger{Day: day, Domains: map[string]int{}}
	}
	l.perDomain, l.perDay = cfg.MaxPerDomain, cfg.MaxPerDay
	return l, nil
}

// save writes the counts back if any moved.
func (l *ledger) save(ctx context.Context, b *bus.Bus) error {
	if !l.changed {
		return nil
	}
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode the counts of the day: %w", err)
	}
	if err := b.Put(ctx, capsKey, value); err != nil {
		return fmt.Errorf("write the counts of the day: %w", err)
	}
	l.changed = false
	return nil
}

// admit counts one new URL, or says which cap refuses it. Seed and people are trusted to mean what they name: no cap per
// domain holds for them, and strangers cannot use up their allowance.
func (l *ledger) admit(u relay.URL, trusted bool) (refusal string) {
	if trusted {
		if l.People >= l.perDay {
			return reasonDailyCap
		}
		l.People, l.changed = l.People+1, true
		return ""
	}
	if l.Strangers >= l.perDay {
		return reasonDailyCap
	}
	domain := fingerprint(registrable(u))
	if l.Domains[domain] >= l.perDomain {
		return reasonDomainCap
	}
	l.Domains[domain]++
	l.Strangers, l.changed = l.Strangers+1, true
	return ""
}

// registrable is what one owner registers: a domain, or the /24 or /48 around an address.
func registrable(u relay.URL) string {
	addr, err := netip.ParseAddr(u.Host())
	if err != nil {
		return relay.RegistrableDomain(u.Host())
	}
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	prefix, _ := addr.Prefix(bits) // of a valid address
	return prefix.String()
}

// fingerprint shortens a name to 12 digits, so that a day's counts fit one value.
func fingerprint(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:6])
}
