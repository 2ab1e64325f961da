package relay

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// names is IDNA 2008 as browsers look names up, non-transitional; the rules for ASCII labels are ours, because real
// relays have underscores.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// localNames are top-level labels that no public DNS serves (RFC 2606, 6761, 6762, 8375, 9476, ICANN's `internal`) or
// that home routers and clusters use for their own.
var localNames = map[string]bool{
	"localhost": true, "localdomain": true, "local": true, "internal": true, "intranet": true, "private": true,
	"lan": true, "home": true, "corp": true, "test": true, "example": true, "invalid": true, "alt": true, "arpa": true,
}

// host makes a host canonical: IPv6 in brackets per RFC 5952, IPv4 as a dotted quad, names in lower-case ASCII.
func (p Parser) host(raw string) (string, error) {
	if strings.HasPrefix(raw, "[") {
		return p.ipv6(raw)
	}
	name, err := asciiName(raw)
	if err != nil {
		return "", err
	}
	if endsInNumber(name) {
		return p.ipv4(name)
	}
	return name, p.checkName(name)
}

func (p Parser) ipv6(raw string) (string, error) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(raw[1:], "]"))
	if err != nil || !strings.HasSuffix(raw, "]") || !addr.Is6() || addr.Zone() != "" {
		return "", refuse(ReasonHost)
	}
	if addr.Is4In6() || !p.allows(addr) {
		return "", refuse(ReasonLocal)
	}
	return "[" + addr.String() + "]", nil
}

func (p Parser) ipv4(name string) (string, error) {
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return "", refuse(ReasonHost)
	}
	if !p.allows(addr) {
		return "", refuse(ReasonLocal)
	}
	return addr.String(), nil
}

func (p Parser) allows(addr netip.Addr) bool {
	return !Reserved(addr) || contains(p.Allow, addr.Unmap())
}

func (p Parser) checkName(name string) error {
	top := topLabel(name)
	switch network := networkOf(name); {
	case name == "localhost" && p.allowsLoopback():
		return nil
	case !validLabels(name):
		return refuse(ReasonHost)
	case network != Clearnet && overlayName(name, network):
		return nil
	case network != Clearnet:
		return refuse(ReasonHost)
	case top == name || localNames[top]:
		return refuse(ReasonLocal)
	case !only(top, "abcdefghijklmnopqrstuvwxyz") && !strings.HasPrefix(top, "xn--"):
		return refuse(ReasonHost)
	}
	return nil
}

func (p Parser) allowsLoopback() bool {
	return contains(p.Allow, netip.AddrFrom4([4]byte{127, 0, 0, 1})) || contains(p.Allow, netip.IPv6Loopback())
}

// asciiName undoes percent-encoding, maps an international name to punycode and drops trailing dots.
func asciiName(raw string) (string, error) {
	name, err := url.PathUnescape(raw)
	if err != nil {
		return "", refuse(ReasonHost)
	}
	name = strings.ToLower(strings.TrimRight(name, "."))
	if international(name) {
		if name, err = names.ToASCII(name); err != nil {
			return "", refuse(ReasonHost)
		}
		name = strings.TrimRight(name, ".")
	}
	return name, nil
}

func international(name string) bool {
	return strings.Contains(name, "xn--") || strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f })
}

func validLabels(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			!only(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") {
			return false
		}
	}
	return true
}

// endsInNumber says whether some resolver would read the name as an IPv4 address in one of its odd forms.
func endsInNumber(name string) bool {
	top := topLabel(name)
	if hex, ok := strings.CutPrefix(top, "0x"); ok {
		return only(hex, "0123456789abcdef")
	}
	return top != "" && only(top, "0123456789")
}
