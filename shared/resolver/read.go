package resolver

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const maxName = 253 // bytes of a name

// addresses takes addresses, their TTL and the chain of CNAMEs from an answer, which may be nil.
func (r *Records) addresses(answer *dns.Msg) {
	if answer == nil {
		return
	}
	for _, record := range answer.Answer {
		switch rr := record.(type) {
		case *dns.A:
			r.A = r.address(r.A, rr.A, rr.Hdr.Ttl)
		case *dns.AAAA:
			r.AAAA = r.address(r.AAAA, rr.AAAA, rr.Hdr.Ttl)
		case *dns.CNAME:
			if name := clean(rr.Target); len(r.CNAME) < maxNames && !slices.Contains(r.CNAME, name) {
				r.CNAME = append(r.CNAME, name)
			}
		}
	}
}

func (r *Records) address(list []netip.Addr, ip []byte, ttl uint32) []netip.Addr {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok || len(list) == maxAddresses {
		return list
	}
	if lives := time.Duration(ttl) * time.Second; r.TTL == 0 || lives < r.TTL {
		r.TTL = lives
	}
	return append(list, addr.Unmap())
}

// targets returns the names that records of one kind point to, sorted; answer may be nil.
func targets(answer *dns.Msg, kind uint16) (names []string) {
	if answer == nil {
		return nil
	}
	for _, record := range answer.Answer {
		var target string
		switch rr := record.(type) {
		case *dns.NS:
			target = rr.Ns
		case *dns.PTR:
			target = rr.Ptr
		}
		if record.Header().Rrtype == kind && len(names) < maxNames {
			names = append(names, clean(target))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func clean(name string) string {
	return relay.Tidy(strings.ToLower(strings.TrimSuffix(name, ".")), maxName)
}
