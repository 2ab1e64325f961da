package relay

import "strings"

// Network is the network that a relay's host name belongs to. It is decided by the name's suffix alone, before anything
// is resolved, so that an overlay name never reaches a DNS server.
type Network string

// The networks, in the words that subjects, settings and NIP-66 `n` tags use.
const (
	Clearnet Network = "clearnet"
	Tor      Network = "tor"
	I2P      Network = "i2p"
	Loki     Network = "loki"
)

// Networks lists every network once, for loops over settings and consumers.
func Networks() []Network { return []Network{Clearnet, Tor, I2P, Loki} }

const (
	base32  = "abcdefghijklmnopqrstuvwxyz234567"
	zbase32 = "ybndrfg8ejkmcpqxot1uwisza345h769"
)

func networkOf(host string) Network {
	switch topLabel(strings.TrimRight(strings.ToLower(host), ".")) {
	case "onion":
		return Tor
	case "i2p":
		return I2P
	case "loki":
		return Loki
	}
	return Clearnet
}

// overlayName says whether a host of valid labels is an address of its overlay network.
func overlayName(host string, network Network) bool {
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return false
	}
	name := labels[len(labels)-2]
	switch network {
	case Tor:
		return (len(name) == 56 || len(name) == 16) && only(name, base32)
	case I2P:
		return name != "b32" || len(labels) > 2 && len(labels[len(labels)-3]) == 52 && only(labels[len(labels)-3], base32)
	}
	return len(name) != 52 || only(name, zbase32)
}

func topLabel(host string) string { return host[strings.LastIndexByte(host, '.')+1:] }

func only(s, alphabet string) bool { return strings.Trim(s, alphabet) == "" }
