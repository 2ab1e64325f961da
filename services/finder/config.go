package finder

// Config is what the environment says about the finder.
type Config struct {
	Sources      string `env:"FINDER_SOURCES" envDefault:"shipped" help:"YAML file of HTTP lists of relays; shipped = the built-in one, none = no lists"`
	NIP05        bool   `env:"FINDER_NIP05" envDefault:"true" help:"ask the domains that profiles name (NIP-05) for relays, each once a week, one a second"`
	MaxPerDomain int    `env:"FINDER_MAX_PER_DOMAIN" envDefault:"50" range:"1..50000" help:"new relay URLs per registrable domain and day that strangers may bring"`
	MaxPerDay    int    `env:"FINDER_MAX_PER_DAY" envDefault:"20000" range:"1..50000" help:"new relay URLs per day that strangers may bring, and again as many from the seed and people"`
}

// Validate reports everything that is wrong in the list file.
func (c Config) Validate() error {
	_, err := readSources(c.Sources)
	return err
}
