package finder

// Config is what the environment says about the finder.
type Config struct {
	Sources      string `env:"FINDER_SOURCES" envDefault:"shipped" help:"YAML file of HTTP lists of relays; shipped = the built-in one, none = no lists"`
	MaxPerDomain int    `env:"FINDER_MAX_PER_DOMAIN" envDefault:"50" range:"1..50000" help:"new relay URLs per registrable domain and day that strangers may bring"`
	MaxPerDay    int    `env:"FINDER_MAX_PER_DAY" envDefault:"20000" range:"1..50000" help:"new relay URLs per day that strangers may bring, and again as many from the seed and people"`
}
