package geoip

import (
	"errors"
	"log/slog"
)

// ErrNotMeasured says that there is no database to ask.
var ErrNotMeasured = errors.New("no GeoIP database")

// ErrUnknown says that the database does not know the address.
var ErrUnknown = errors.New("address is not in the GeoIP database")

// Databases are a City and an ASN database, each of which may be missing. It is safe for concurrent use.
type Databases struct{ city, asn *file }

// New takes the paths of both files, "" = none. Nothing is read before it is asked for. The log says once of each file
// that it is not there or cannot be read, and once that it was loaded.
func New(city, asn string, log *slog.Logger) *Databases {
	return &Databases{city: &file{path: city, log: log}, asn: &file{path: asn, log: log}}
}
