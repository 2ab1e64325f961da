package monitor

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// names asks name servers of the relay's host for more than an address. The figure is the smallest TTL of the addresses,
// as far as the name server's cache has counted it down.
func names(ctx context.Context, r *round) Result {
	records, err := r.resolver.Records(ctx, r.url.Host(), r.dialer.Permits)
	if err != nil {
		return Result{Err: &relay.Error{Class: relay.ClassDNS, Err: err}}
	}
	r.records = records
	finding := document.NameRecords{
		A: records.A, AAAA: records.AAAA, CNAME: records.CNAME, Zone: records.Zone, NS: records.NS, PTR: records.PTR,
	}
	return Result{RTT: records.Took}.figure(int64(records.TTL/time.Second)).bring(document.DNS, finding)
}
