package writer

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

// Config is what the environment says about the writer.
type Config struct {
	BatchEvents     int              `env:"WRITER_BATCH_EVENTS" envDefault:"5000" range:"1..100000" help:"most events written by one transaction; a message is never divided"`
	BatchWait       time.Duration    `env:"WRITER_BATCH_WAIT" envDefault:"500ms" range:"10ms..10s" help:"how long a fetch waits to fill a transaction"`
	Mode            string           `env:"ARCHIVE_MODE" envDefault:"full" range:"full|light" help:"what is kept of events; light = neither content nor tags nor signatures"`
	URL             string           `env:"ARCHIVE_URL" help:"address of this archive, as requests to vanish name it (NIP-62); unset = only requests to all relays are followed"`
	Retention       retention.Config `env:"-"` // the same for every service that asks
	SightingRefresh time.Duration    `env:"SIGHTING_REFRESH" envDefault:"168h" range:"1h..8760h" help:"age of last_seen at which a sighting is written again"`
}
