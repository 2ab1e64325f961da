package relay

import "net/netip"

// reservedV4 holds every IPv4 block of IANA's special-purpose registry, multicast and the AS112 and AMT anycast blocks:
// no relay lives there.
var reservedV4 = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)

// globalV6 is all of IPv6 that is routed globally; reservedV6 are the special blocks inside of it. Loopback, the mapped
// and compatible forms, NAT64, ULA, link-local, site-local and multicast lie outside.
var (
	globalV6   = netip.MustParsePrefix("2000::/3")
	reservedV6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

// internalPorts are those of databases, brokers, caches and proxies: dialling one could only be an attempt to make us
// talk to infrastructure.
var internalPorts = map[uint16]bool{
	22: true, 25: true, 2375: true, 2376: true, 2379: true, 4222: true, 5432: true, 6222: true, 6379: true, 6432: true,
	8222: true, 9050: true, 9051: true, 9200: true, 9300: true, 11211: true, 27017: true,
}

// Reserved says whether an address is anything but globally routable: the whole of IANA's special-purpose registries,
// multicast, and what is not allocated. IPv4 mapped into IPv6 is judged as IPv4; zones and invalid addresses are reserved.
func Reserved(addr netip.Addr) bool {
	if addr = addr.Unmap(); !addr.IsValid() || addr.Zone() != "" {
		return true
	}
	if addr.Is4() {
		return contains(reservedV4, addr)
	}
	return !globalV6.Contains(addr) || contains(reservedV6, addr)
}

func contains(list []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
