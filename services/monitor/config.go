package monitor

import (
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Config is what the environment says about the monitor. What it says about networks is package netconf's.
type Config struct {
	Interval time.Duration `env:"MONITOR_INTERVAL" envDefault:"1h" range:"10m..168h" help:"time between two checks of a relay that answers, give or take a tenth"`

	RetriesOpen  uint `env:"MONITOR_RETRIES_OPEN" envDefault:"2" range:"0..10" help:"repetitions of a connection that failed for a passing reason"`
	RetriesRead  uint `env:"MONITOR_RETRIES_READ" envDefault:"2" range:"0..10" help:"repetitions of a request that failed for a passing reason"`
	RetriesWrite uint `env:"MONITOR_RETRIES_WRITE" envDefault:"2" range:"0..10" help:"repetitions of an event that got no answer for a passing reason"`
	RetriesNIP11 uint `env:"MONITOR_RETRIES_NIP11" envDefault:"3" range:"0..10" help:"repetitions of a fetch of the information document that failed for a passing reason"`

	PrivateKey app.Secret `env:"MONITOR_PRIVATE_KEY" help:"secret key, hex or nsec, that signs the probe of the write check; unset = a new one in every process"`
}

// key is the configured key, or a new one.
func (c Config) key() (event.Key, error) {
	if c.PrivateKey.IsZero() {
		return event.GenerateKey(), nil
	}
	key, err := event.ParseKey(c.PrivateKey.Reveal())
	if err != nil {
		return event.Key{}, fmt.Errorf("read MONITOR_PRIVATE_KEY: %w", err)
	}
	return key, nil
}

// Validate reports what the range of a single setting cannot say.
func (c Config) Validate() error {
	_, err := c.key()
	return err
}
