package refresher

import "time"

// Config is what the environment says about the refresher.
type Config struct {
	Interval            time.Duration `env:"REFRESH_INTERVAL" envDefault:"30s" range:"1s..1h" help:"how often counters are brought up to date; windows, sketches and claims follow at ten times that"`
	RetentionChecks     time.Duration `env:"RETENTION_CHECKS" envDefault:"9600h" range:"0s..876000h" help:"how long single checks are kept, by whole months; states, documents and uptime stay; 0 = for ever"`
	RetentionParts      time.Duration `env:"RETENTION_PARTS" envDefault:"168h" range:"1h..8760h" help:"how long parts of pages wait for the others"`
	RetentionQuarantine time.Duration `env:"RETENTION_QUARANTINE" envDefault:"0s" range:"0s..876000h" help:"how long quarantine is kept; 0 = for ever"`
}
