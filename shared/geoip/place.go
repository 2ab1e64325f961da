package geoip

import (
	"math"
	"net/netip"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const maxName = 128 // bytes of a name

// cityRecord is what databases of type City have in common.
type cityRecord struct {
	City    named `maxminddb:"city"`
	Country struct {
		ISO string `maxminddb:"iso_code"`
		EU  bool   `maxminddb:"is_in_european_union"`
	} `maxminddb:"country"`
	Subdivisions []named `maxminddb:"subdivisions"`
	Postal       struct {
		Code string `maxminddb:"code"`
	} `maxminddb:"postal"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		Accuracy  uint16   `maxminddb:"accuracy_radius"`
		TimeZone  string   `maxminddb:"time_zone"`
	} `maxminddb:"location"`
}

type named struct {
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

func (n named) name() string { return relay.Tidy(n.Names.English, maxName) }

// Place says where an address is. ErrNotMeasured and ErrUnknown say why nothing is known.
func (d *Databases) Place(addr netip.Addr) (document.Place, error) {
	var record cityRecord
	if _, err := d.city.lookup(addr, &record); err != nil {
		return document.Place{}, err
	}
	place := document.Place{
		Address: addr, Country: relay.Tidy(record.Country.ISO, 2), EU: record.Country.EU, City: record.City.name(),
		Postal: relay.Tidy(record.Postal.Code, 32), Accuracy: int(record.Location.Accuracy),
		TimeZone: relay.Tidy(record.Location.TimeZone, 64),
	}
	if len(record.Subdivisions) > 0 {
		place.Region = record.Subdivisions[0].name()
	}
	if lat, lon := record.Location.Latitude, record.Location.Longitude; onEarth(lat, 90) && onEarth(lon, 180) {
		place.Latitude, place.Longitude, place.Geohash = lat, lon, Geohash(*lat, *lon)
	}
	return place, nil
}

// onEarth says whether an angle is there and within its bound; NaN is not.
func onEarth(angle *float64, most float64) bool { return angle != nil && math.Abs(*angle) <= most }
