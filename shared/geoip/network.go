package geoip

import (
	"net/netip"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

type asnRecord struct {
	Number       uint32 `maxminddb:"autonomous_system_number"`
	Organisation string `maxminddb:"autonomous_system_organization"`
}

// Network says who announces an address, and as a part of which prefix. ErrNotMeasured and ErrUnknown say why nothing is
// known.
func (d *Databases) Network(addr netip.Addr) (document.Announced, error) {
	var record asnRecord
	prefix, err := d.asn.lookup(addr, &record)
	if err != nil {
		return document.Announced{}, err
	}
	return document.Announced{
		Address: addr, ASN: record.Number, Organisation: relay.Tidy(record.Organisation, maxName), Prefix: prefix.Masked(),
	}, nil
}
