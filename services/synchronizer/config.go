package synchronizer

import (
	"fmt"
	"strconv"
	"time"
)

// Config is what the environment says about synchronizing.
type Config struct {
	PageLimit       int           `env:"SYNC_PAGE_LIMIT" envDefault:"500" range:"1..5000" help:"events asked for in one request"`
	Start           Moment        `env:"SYNC_START" envDefault:"0" help:"oldest created_at to archive: unix seconds or RFC 3339"`
	Lookback        time.Duration `env:"SYNC_LOOKBACK" envDefault:"24h" range:"1h..168h" help:"coverage younger than this is provisional: it is walked once more when it is older"`
	Interval        time.Duration `env:"SYNC_INTERVAL" envDefault:"15m" range:"1m..168h" help:"between two turns of a relay; halves to a third after new events, doubles to 24h without"`
	RequireReadable bool          `env:"SYNC_REQUIRE_READABLE" envDefault:"true" help:"leave relays alone whose last check could not read"`
	MaxCheckAge     time.Duration `env:"SYNC_MAX_CHECK_AGE" envDefault:"12h" range:"1m..168h" help:"oldest check that counts for SYNC_REQUIRE_READABLE"`
	RetryPause      time.Duration `env:"SYNC_RETRY_PAUSE" envDefault:"2s" range:"1ms..1m" help:"before a question that failed in passing is repeated; doubles with each try"`
	Retries         int           `env:"SYNC_RETRIES" envDefault:"4" range:"0..10" help:"repetitions of a question that failed in passing"`
	MaxRequests     float64       `env:"RELAY_MAX_REQUESTS" envDefault:"2" help:"requests a second to one relay; 0 = no limit"`
	MannersAge      time.Duration `env:"SYNC_MANNERS_AGE" envDefault:"168h" range:"1h..8760h" help:"how long the manners of a relay are trusted before they are probed again"`
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
