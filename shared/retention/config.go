package retention

import "time"

// Config is what the environment says about retention.
type Config struct {
	Rules    string        `env:"RETENTION_RULES" help:"YAML file of what is not kept; unset = everything is kept"`
	Interval time.Duration `env:"RETENTION_INTERVAL" envDefault:"24h" range:"1m..8760h" help:"between two removals of what the rules match by now"`
}

// Validate reports everything that is wrong in the file.
func (c Config) Validate() error {
	_, err := Read(c.Rules)
	return err
}
