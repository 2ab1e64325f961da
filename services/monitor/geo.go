package monitor

import (
	"context"
	"net/netip"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/geoip"
)

// geo says where the database puts the relay: its first address that it knows, IPv4 first.
func geo(_ context.Context, r *round) Result {
	err := geoip.ErrNotMeasured
	for _, addr := range r.addresses() {
		var place document.Place
		if place, err = r.places.Place(addr); err == nil {
			return Result{}.bring(document.Geo, place)
		}
	}
	return Result{Err: err}
}

// network says who announces the relay's first address of each family.
func network(_ context.Context, r *round) Result {
	var finding document.Networks
	var failed error
	for _, addr := range r.addresses() {
		family := &finding.IPv4
		if addr.Is6() {
			family = &finding.IPv6
		}
		if *family != nil {
			continue
		}
		*family, failed = r.announced(addr, failed)
	}
	if finding.IPv4 == nil && finding.IPv6 == nil {
		return Result{Err: failed}
	}
	return Result{}.bring(document.Net, finding)
}

// announced keeps the first failure.
func (r *round) announced(addr netip.Addr, failed error) (*document.Announced, error) {
	found, err := r.places.Network(addr)
	if err != nil && failed == nil {
		failed = err
	}
	if err != nil {
		return nil, failed
	}
	return &found, failed
}
