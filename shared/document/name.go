package document

import "slices"

// The names of checks. Each is also the type of the document that it brings home, but for Open
// and IPv6, whose figures are all in their rows.
const (
	Open         = "open"
	Read         = "read"
	Write        = "write"
	Auth         = "auth"
	NIP11        = "nip11"        // its document is what the relay sent, byte for byte
	HTTP         = "http"         // of the upgrade
	TLS          = "tls"          //
	DNS          = "dns"          //
	Geo          = "geo"          //
	Net          = "net"          //
	IPv6         = "ipv6"         // without a document
	Capabilities = "capabilities" // made once a day; see Ability
)

// Answer is the second document of the check NIP11: how the relay answered, and a tolerant reading of what it said.
const Answer = "nip11_answer"

var names = []string{Open, Read, Write, Auth, NIP11, HTTP, TLS, DNS, Geo, Net, IPv6, Capabilities}

// Names returns the names of all checks in the order in which they are shown.
func Names() []string { return slices.Clone(names) }
