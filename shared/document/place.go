package document

import "net/netip"

// Place is the document of the check Geo: where the database puts the relay's address. Empty fields are unknown.
type Place struct {
	Address   netip.Addr `json:"address"`
	Country   string     `json:"country,omitempty"` // ISO 3166-1 alpha-2
	EU        bool       `json:"eu"`
	City      string     `json:"city,omitempty"`
	Region    string     `json:"region,omitempty"`
	Postal    string     `json:"postal,omitempty"`
	Latitude  *float64   `json:"lat,omitempty"`
	Longitude *float64   `json:"lon,omitempty"`
	Accuracy  int        `json:"accuracy_km,omitempty"`
	TimeZone  string     `json:"tz,omitempty"`
	Geohash   string     `json:"geohash,omitempty"` // nine characters
}

// Geohashes returns the geohash in every precision, one character to nine: NIP-52 readers look for a prefix.
func (p Place) Geohashes() []string {
	var all []string
	for i := range p.Geohash {
		all = append(all, p.Geohash[:i+1])
	}
	return all
}

// Networks is the document of the check Net. A family without an address is nil.
type Networks struct {
	IPv4 *Announced `json:"ipv4,omitempty"`
	IPv6 *Announced `json:"ipv6,omitempty"`
}

// Announced is an address and who announces its network; an ASN of 0 is unknown.
type Announced struct {
	Address      netip.Addr   `json:"address"`
	ASN          uint32       `json:"asn,omitempty"`
	Organisation string       `json:"org,omitempty"`
	Prefix       netip.Prefix `json:"prefix,omitzero"`
}
