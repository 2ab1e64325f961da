package initializer

import (
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// Config is what the initializer needs beside its connections.
type Config struct {
	// OwnerURL is the connection string of the role that owns the schema (DATABASE_OWNER_URL). The process fills it in:
	// it defaults to the writer's.
	OwnerURL app.Secret `env:"-"`
	// Bounds are the limits of the streams, after scaling to the disk. The process fills them in.
	Bounds subject.Bounds `env:"-"`
	// Vantage is where this installation checks relays from (VANTAGE). The process fills it in.
	Vantage string `env:"-"`

	Seed string `env:"SEED_FILE" envDefault:"shipped" help:"file of relay URLs to begin with, one a line; shipped = the built-in list, none = no seed"`
}

// Validate reports a seed file that cannot be read. What its lines are worth is said when they are published.
func (c Config) Validate() error {
	file, err := openSeed(c.Seed)
	if err != nil {
		return err
	}
	return file.Close()
}
