package validator

import "time"

// Config is what the environment says about the validator.
type Config struct {
	Backoff    []time.Duration `env:"VALIDATOR_BACKOFF" envDefault:"10m,1h,6h" range:"1s..168h" help:"delays after the first failed tries; the last one doubles from then on"`
	BackoffMax time.Duration   `env:"VALIDATOR_BACKOFF_MAX" envDefault:"168h" range:"1s..720h" help:"longest delay between two tries"`
	GiveUp     int             `env:"VALIDATOR_GIVE_UP" envDefault:"12" range:"1..100" help:"failed tries after which a candidate is given up for 30 days"`
}
