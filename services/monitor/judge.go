package monitor

import (
	"errors"
	"net/http"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// The states of a relay, each the fact that is published when a relay comes into it.
const (
	up       = subject.FactUp       // it answers a stranger's request with EOSE
	down     = subject.FactDown     // it does not
	blocked  = subject.FactBlocked  // it turns us away
	authOnly = subject.FactAuthOnly // it serves only who signs in (NIP-42)
	dead     = subject.FactDead     // it has been down for a month
)

// judge says what the failures of open and read, nil for success, tell about a relay: up, authonly, blocked, or down for
// a failure of this one round. challenged says that the relay sent an AUTH challenge, secure that it is asked over TLS.
func judge(open, read error, challenged, secure bool) string {
	switch {
	case open != nil:
		return judgeOpen(open, secure)
	case read != nil:
		return judgeRead(read, challenged)
	}
	return up
}

func judgeOpen(err error, secure bool) string {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok || e.Class != relay.ClassUpgrade {
		return down
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return blocked
	case 0: // a firewall that knows us lets TLS pass, reads the request and resets
		if secure && errors.Is(err, syscall.ECONNRESET) {
			return blocked
		}
	}
	return down
}

// judgeRead trusts the machine-readable prefix alone, be it of a CLOSED or of a NOTICE in its place. `restricted` means
// "not for you" from a relay that asked who we are, and "not for anybody we know" from one that did not.
func judgeRead(err error, challenged bool) string {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return down
	}
	switch {
	case e.Class == relay.ClassAuth, e.Prefix == "auth-required", e.Prefix == "restricted" && challenged:
		return authOnly
	case e.Prefix == "blocked", e.Prefix == "restricted", e.Prefix == "rate-limited":
		return blocked
	}
	return judgeOpen(err, false)
}
