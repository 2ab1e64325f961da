package app

import "time"

// Config has the settings of every process, whatever services it runs.
type Config struct {
	LogLevel      string        `env:"LOG_LEVEL" envDefault:"info" range:"debug|info|warn|error" help:"least severity that is logged"`
	LogFormat     string        `env:"LOG_FORMAT" envDefault:"auto" range:"auto|text|json" help:"form of log lines; auto is text on a terminal and JSON elsewhere"`
	ShutdownGrace time.Duration `env:"SHUTDOWN_GRACE" envDefault:"20s" range:"1s..10m" help:"time to finish what is open after SIGTERM"`
	OpsListen     string        `env:"OPS_LISTEN" envDefault:"127.0.0.1:9090" help:"address of /livez, /readyz and /metrics; none switches them off"`
}
