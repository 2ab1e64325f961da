package relay

import (
	"net"
	"strconv"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// MaxURL is the largest relay URL in bytes, before and after it is made canonical.
const MaxURL = 2048

// URL is a canonical relay URL, the identity of a relay: `wss://h` and `wss://h/` are one relay, `ws://h` and `wss://h`
// are two. Only a Parser makes one.
type URL string

// The reasons of a URLError, a bounded set for metrics and rows.
const (
	ReasonEmpty     = "empty"
	ReasonTooLong   = "too_long"
	ReasonCharacter = "character"
	ReasonScheme    = "scheme"
	ReasonHost      = "host"
	ReasonPort      = "port"
	ReasonPath      = "path"
	ReasonLocal     = "local"
	ReasonShape     = "shape"
	ReasonTooMany   = "too_many"
)

// URLError says why a text is not the URL of a relay that we would dial. It does not repeat the text.
type URLError struct {
	Reason string
}

func (e *URLError) Error() string {
	return "read relay URL: " + e.Reason + ": " + reasonWords[e.Reason]
}

// reasonWords are the reasons for people.
var reasonWords = map[string]string{
	ReasonEmpty:     "there is nothing",
	ReasonTooLong:   "it is longer than " + strconv.Itoa(MaxURL) + " bytes",
	ReasonCharacter: "it holds what no URL may hold",
	ReasonScheme:    "the scheme is none of ws, wss, http and https",
	ReasonHost:      "the host is no name and no address",
	ReasonPort:      "the port is none of 1 to 65535",
	ReasonPath:      "the path holds what no path may hold",
	ReasonLocal:     "the host is a single word, a reserved name or a private address",
	ReasonShape:     "it is no text, list or object with a URL",
	ReasonTooMany:   "there are more than are taken at once",
}

func refuse(reason string) error { return &URLError{Reason: reason} }

// ParseURL makes a relay URL canonical with a Parser that allows no reserved address.
func ParseURL(s string) (URL, error) { return Parser{}.Parse(s) }

// Scheme is `ws` or `wss`.
func (u URL) Scheme() string {
	scheme, _, _ := strings.Cut(string(u), "://")
	return scheme
}

// Secure says whether the relay is asked over TLS.
func (u URL) Secure() bool { return u.Scheme() == "wss" }

// Network is the network of the URL's host.
func (u URL) Network() Network { return networkOf(u.Host()) }

// Host is the host without port and without the brackets of an IPv6 address.
func (u URL) Host() string {
	host, _ := splitPort(u.authority())
	return strings.Trim(host, "[]")
}

// Port is the port to dial: the explicit one, or the scheme's default.
func (u URL) Port() uint16 {
	_, port := splitPort(u.authority())
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		return uint16(n)
	}
	if u.Secure() {
		return 443
	}
	return 80
}

// Address is host and port in the form that net.Dial takes.
func (u URL) Address() string {
	return net.JoinHostPort(u.Host(), strconv.Itoa(int(u.Port())))
}

// Path is what follows the authority, "" or with a leading slash.
func (u URL) Path() string {
	_, rest, _ := strings.Cut(string(u), "://")
	return rest[len(u.authority()):]
}

// HTTP is the same address for HTTP requests (NIP-11): `http` for `ws`, `https` for `wss`, and a slash for an empty path.
func (u URL) HTTP() string {
	path := u.Path()
	if path == "" {
		path = "/"
	}
	return "http" + strings.TrimPrefix(u.Scheme(), "ws") + "://" + u.authority() + path
}

// Token is the subject token of the relay.
func (u URL) Token() string { return subject.Token(string(u)) }

func (u URL) authority() string {
	_, rest, _ := strings.Cut(string(u), "://")
	authority, _, _ := strings.Cut(rest, "/")
	return authority
}

// splitPort cuts `host:port` at the colon outside of IPv6 brackets; port is "" when there is none.
func splitPort(authority string) (host, port string) {
	colon := strings.LastIndexByte(authority, ':')
	if colon <= strings.LastIndexByte(authority, ']') {
		return authority, ""
	}
	return authority[:colon], authority[colon+1:]
}
