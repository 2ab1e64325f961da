package relay

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Denylist names relays that are left alone: those who opted out, and addresses that are never dialled. The zero
// Denylist is empty.
type Denylist struct {
	URLs    map[URL]bool
	Hosts   map[string]bool // canonical hosts, without port
	Domains map[string]bool // registrable domains (eTLD+1): the domain and everything below it
	CIDRs   []netip.Prefix
}

// Denies says whether a relay's name is on the list. Its addresses are checked when it is dialled.
func (d Denylist) Denies(u URL) bool { return d.URLs[u] || d.deniesHost(u.Host()) }

func (d Denylist) deniesHost(host string) bool {
	host = strings.TrimRight(strings.ToLower(host), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return d.Hosts[host] || d.deniesAddr(addr)
	}
	return d.Hosts[host] || d.Domains[RegistrableDomain(host)]
}

func (d Denylist) deniesAddr(addr netip.Addr) bool { return contains(d.CIDRs, addr.Unmap()) }

// RegistrableDomain is the part of a host that somebody registers (eTLD+1 of the public suffix list), the last two labels
// of an overlay name (three of `.b32.i2p`), and the host itself where there is none, as with IP addresses. Fair shares and
// opt-outs go by it.
func RegistrableDomain(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || domain == "b32.i2p" && host != domain {
		labels := strings.Split(host, ".")
		return strings.Join(labels[max(len(labels)-3, 0):], ".")
	}
	return domain
}
