package eraser

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

// Config is what the environment says about erasing.
type Config struct {
	Interval time.Duration `env:"ERASER_INTERVAL" envDefault:"30s" range:"1s..1h" help:"between two looks for what is to be removed; it is hidden at once whatever this says"`

	Retention retention.Config `env:"-"` // the same for every service that asks
}
