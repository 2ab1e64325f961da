package synchronizer

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Config is what the environment says about synchronizing.
type Config struct {
	PageLimit       int           `env:"SYNC_PAGE_LIMIT" envDefault:"500" range:"1..5000" help:"events asked for in one request"`
	EventMax        app.Size      `env:"EVENT_MAX_BYTES" envDefault:"512KiB" range:"1KiB..512KiB" help:"largest event that is archived; a larger one is counted, and the page that lacks it is recorded as truncated"`
	Ephemeral       string        `env:"ARCHIVE_EPHEMERAL" envDefault:"count" range:"count|sample|keep" help:"kinds 20000 to 29999, which relays do not keep: count them by kind and relay, keep one in 1,000, or all"`
	Start           Moment        `env:"SYNC_START" envDefault:"0" help:"oldest created_at to archive: unix seconds or RFC 3339"`
	Lookback        time.Duration `env:"SYNC_LOOKBACK" envDefault:"24h" range:"1h..168h" help:"coverage younger than this is provisional: it is walked once more when it is older"`
	Interval        time.Duration `env:"SYNC_INTERVAL" envDefault:"15m" range:"1m..168h" help:"between two turns of a relay; halves to a third after new events, doubles to 24h without"`
	RequireReadable bool          `env:"SYNC_REQUIRE_READABLE" envDefault:"true" help:"leave relays alone whose last check could not read"`
	MaxCheckAge     time.Duration `env:"SYNC_MAX_CHECK_AGE" envDefault:"12h" range:"1m..168h" help:"oldest check that counts for SYNC_REQUIRE_READABLE"`
	RetryPause      time.Duration `env:"SYNC_RETRY_PAUSE" envDefault:"2s" range:"1ms..1m" help:"before a question that failed in passing is repeated; doubles with each try"`
	Retries         int           `env:"SYNC_RETRIES" envDefault:"4" range:"0..10" help:"repetitions of a question that failed in passing"`
	MaxRequests     float64       `env:"RELAY_MAX_REQUESTS" envDefault:"2" help:"requests a second to one relay; 0 = no limit"`
	MannersAge      time.Duration `env:"SYNC_MANNERS_AGE" envDefault:"168h" range:"1h..8760h" help:"how long the manners of a relay are trusted before they are probed again"`
	Rewalk          Schedule      `env:"SYNC_REWALK" envDefault:"1d,3d,10d,30d,90d" help:"ages at which what is settled is walked once more, rising, in d and h; none = never"`
	Live            bool          `env:"SYNC_LIVE" envDefault:"true" help:"follow relays live beside the walks"`
	LiveWait        time.Duration `env:"SYNC_LIVE_WAIT" envDefault:"200ms" range:"10ms..10s" help:"how long live events are gathered before they are handed over"`
	Audit           int           `env:"SYNC_AUDIT" envDefault:"1000" range:"0..100000" help:"settled intervals fetched once more each day, over all relays; 0 = none"`
	Filters         string        `env:"SYNC_FILTERS" envDefault:"shipped" help:"YAML file of the filters that are archived; shipped = one that selects everything"`
	Overrides       string        `env:"SYNC_OVERRIDES" envDefault:"shipped" help:"YAML file of relays with limits, filters, AUTH or priority of their own; shipped = the built-in one, none = no overrides"`
	PrivateKey      app.Secret    `env:"SYNC_PRIVATE_KEY" help:"secret key, hex or nsec, that answers AUTH challenges of relays whose override says auth; unset = none is answered"`
}

// Validate reports what the range of a single setting cannot say: a wrong key and everything wrong in the list files.
func (c Config) Validate() error {
	_, problem := c.key()
	_, another := readLists(c)
	return errors.Join(problem, another)
}

// key is the key that answers challenges; without one it is nil.
func (c Config) key() (*event.Key, error) {
	if c.PrivateKey.IsZero() {
		return nil, nil
	}
	key, err := event.ParseKey(c.PrivateKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read SYNC_PRIVATE_KEY: %w", err)
	}
	return &key, nil
}

// Moment is a point in time, written as unix seconds or RFC 3339.
type Moment struct{ time.Time }

// UnmarshalText reads either form.
func (m *Moment) UnmarshalText(text []byte) error {
	if seconds, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		m.Time = time.Unix(seconds, 0)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is neither unix seconds nor RFC 3339", text)
	}
	m.Time = at
	return nil
}

// MarshalText writes RFC 3339.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.UTC().Format(time.RFC3339)), nil }
