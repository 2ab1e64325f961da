package synchronizer

import (
	"errors"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// tooLarge says whether a frame was larger than we read: an event that the archive cannot hold.
func tooLarge(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && failure.Class == relay.ClassTooLarge
}

// errSlow says that an answer did not end in its time, although frames kept coming.
var errSlow = errors.New("answer was too slow")

// errSpent says that the relay's bytes of this day are spent.
var errSpent = errors.New("bytes of the day are spent")

// transient says whether the same question may fare better in a moment.
func transient(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	if !ok || errors.Is(err, errSlow) {
		return false
	}
	switch failure.Class {
	case relay.ClassDisconnect, relay.ClassTimeout, relay.ClassUnreachable:
		return true
	case relay.ClassClosed:
		return busy(failure.Prefix)
	case relay.ClassNotice:
		return limited(err)
	}
	return false
}

// Prefixes of NIP-01 and NIP-42 in a CLOSED, or a NOTICE in its place.
const (
	rateLimited = "rate-limited" // asks for patience
	restricted  = "restricted"
)

// busy says whether a CLOSED tells of the relay's own trouble, by its prefix, and does not refuse us.
func busy(prefix string) bool {
	return prefix == rateLimited || prefix == "error" || prefix == ""
}

// limited says whether a relay asked for patience.
func limited(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && failure.Prefix == rateLimited
}

// answered says whether an exchange ended in a way after which nothing else of it comes.
func answered(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && (failure.Class == relay.ClassClosed || failure.Class == relay.ClassNegErr || failure.Class == relay.ClassNotice) ||
		errors.Is(err, errTooMany) || errors.Is(err, errUnfit)
}
