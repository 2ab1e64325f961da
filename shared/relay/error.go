package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/coder/websocket"
)

// Class says what kind of failure a relay or the way to it had. The set is bounded: it is fit for metrics and rows.
type Class string

// The classes, in the order in which a connection can meet them.
const (
	ClassDenied      Class = "denied"      // on the deny list: never dialled
	ClassNoProxy     Class = "no_proxy"    // an overlay host and no proxy for its network
	ClassReserved    Class = "reserved"    // the guard refused an address or port
	ClassBusy        Class = "busy"        // we have as many connections to the address as we allow ourselves
	ClassDNS         Class = "dns"         // the name did not resolve
	ClassRefused     Class = "refused"     // TCP was refused
	ClassUnreachable Class = "unreachable" // no route, reset while connecting, or the proxy said so
	ClassTimeout     Class = "timeout"     // a deadline passed, or no frame came for Idle
	ClassTLS         Class = "tls"         // handshake or certificate
	ClassUpgrade     Class = "upgrade"     // HTTP answered, but not as a WebSocket; Status says how
	ClassDisconnect  Class = "disconnect"  // the connection ended before the answer did
	ClassClosed      Class = "closed"      // CLOSED; Prefix is its machine-readable part
	ClassNotice      Class = "notice"      // a NOTICE stood in for a refusal
	ClassNegErr      Class = "negentropy"  // NEG-ERR; Prefix is its machine-readable part
	ClassAuth        Class = "auth"        // an AUTH challenge and then silence
	ClassMalformed   Class = "malformed"   // too much that is not Nostr
	ClassFlood       Class = "flood"       // more than was asked for, or too many control frames
	ClassTooLarge    Class = "too_large"   // a frame or body over the limit
	ClassCanceled    Class = "canceled"    // we stopped, not the relay
)

// Error is every failure of dialing and asking.
type Error struct {
	Class  Class
	Prefix string      // machine-readable prefix of CLOSED, OK (NIP-01), NEG-ERR (NIP-77) and NOTICE, lower case, one of a bounded set, or ""
	Text   string      // the relay's words, at most 200 bytes, untrusted
	Status int         // HTTP status of ClassUpgrade, 0 when no response came
	Header http.Header // of the answer that refused the upgrade, untrusted; nil when none came
	Err    error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ask relay: %s", e.Reason())
	if e.Text != "" {
		fmt.Fprintf(&b, " %q", e.Text)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %.200q", e.Err.Error()) // it may quote what the relay sent
	}
	return b.String()
}

// Unwrap gives the cause, so that errors.Is finds context.Canceled and its like.
func (e *Error) Unwrap() error { return e.Err }

// Reason is the class and, where that says more, the prefix or status: `closed_rate_limited`, `upgrade_403`. The set is
// bounded.
func (e *Error) Reason() string {
	switch {
	case e.Class == ClassUpgrade && e.Status != 0:
		return string(e.Class) + "_" + statusWord(e.Status)
	case e.Prefix != "":
		return string(e.Class) + "_" + strings.ReplaceAll(e.Prefix, "-", "_")
	}
	return string(e.Class)
}

// ReasonOf is the Reason of any error of this package, and "other" for the rest.
func ReasonOf(err error) string {
	var asked *Error
	var url *URLError
	switch {
	case errors.As(err, &asked):
		return asked.Reason()
	case errors.As(err, &url):
		return "url_" + url.Reason
	}
	return "other"
}

func statusWord(status int) string {
	switch status {
	case 200, 301, 302, 307, 308, 401, 402, 403, 404, 426, 429, 500, 502, 503, 504, 521, 522, 530:
		return fmt.Sprint(status)
	}
	return fmt.Sprintf("%dxx", min(max(status/100, 1), 9))
}

// prefixes of CLOSED, OK and NEG-ERR: NIP-01, NIP-42, NIP-77 and what relays add.
var machinePrefixes = map[string]bool{
	"duplicate": true, "pow": true, "blocked": true, "rate-limited": true, "invalid": true, "restricted": true, "mute": true,
	"error": true, "auth-required": true, "unsupported": true, "payment-required": true, "shadowbanned": true, "deleted": true, "closed": true,
}

// machinePrefix reads the word before the colon, whatever its case: strfry says `ERROR: bad req`.
func machinePrefix(text string) string {
	word, _, ok := strings.Cut(text, ":")
	if word = strings.ToLower(strings.TrimSpace(word)); ok && machinePrefixes[word] {
		return word
	}
	return ""
}

// pleas are how relays ask for patience in a NOTICE, for which NIP-01 knows no prefixes.
var pleas = []string{"rate limit", "rate-limit", "ratelimit", "too many requests", "slow down"}

// noticePrefix is machinePrefix for a NOTICE.
func noticePrefix(text string) string {
	prefix := machinePrefix(text)
	_, words, found := strings.Cut(text, ":")
	if prefix == "" || !found {
		words = text
	}
	words = strings.ToLower(strings.TrimSpace(words))
	if slices.ContainsFunc(pleas, func(plea string) bool { return strings.HasPrefix(words, plea) }) {
		return "rate-limited"
	}
	return prefix
}

// connectError classes what dialing an address or a proxy gave.
func connectError(err error) *Error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Class: ClassRefused, Err: err}
	case timedOut(err):
		return &Error{Class: ClassTimeout, Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Class: ClassCanceled, Err: err}
	}
	return &Error{Class: ClassUnreachable, Err: err}
}

// readError classes what reading or writing an open connection gave.
func readError(err error) *Error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, websocket.ErrMessageTooBig):
		return &Error{Class: ClassTooLarge, Err: err}
	case timedOut(err):
		return &Error{Class: ClassTimeout, Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Class: ClassCanceled, Err: err}
	}
	if closed, ok := errors.AsType[websocket.CloseError](err); ok {
		return &Error{Class: ClassDisconnect, Text: cut(closed.Reason), Err: io.EOF}
	}
	return &Error{Class: ClassDisconnect, Err: err}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
