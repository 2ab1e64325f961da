package negentropy

import (
	"cmp"
	"errors"
	"fmt"
)

// Bounds of one reconciliation where Limits says nothing.
const (
	DefaultFrameBytes   = 60_000
	DefaultMessageBytes = 1 << 20
	DefaultRounds       = 256
	DefaultNeed         = 100_000

	// minFrame holds one split of a range and the fingerprint of the rest, so every message gets on.
	minFrame = 4096
)

// Limits bound one reconciliation; 0 is the default of each.
type Limits struct {
	FrameBytes   int // of a message that we send (60,000; at least 4,096)
	MessageBytes int // of a message that we read (1 MiB)
	Rounds       int // messages that a Client takes before it gives up (256)
	Need         int // ids that a Client collects before it gives up (100,000)
}

func (l Limits) withDefaults() Limits {
	return Limits{
		FrameBytes:   max(cmp.Or(l.FrameBytes, DefaultFrameBytes), minFrame),
		MessageBytes: cmp.Or(l.MessageBytes, DefaultMessageBytes),
		Rounds:       cmp.Or(l.Rounds, DefaultRounds),
		Need:         cmp.Or(l.Need, DefaultNeed),
	}
}

// The ways in which a reconciliation ends without a result.
var (
	// ErrMalformed is a message that is not the protocol's.
	ErrMalformed = errors.New("malformed negentropy message")
	// ErrTooLarge is a message over Limits.MessageBytes.
	ErrTooLarge = errors.New("negentropy message too large")
	// ErrTooMany is a peer that has more ids for us than Limits.Need: ask for less at once.
	ErrTooMany = errors.New("too many ids to fetch")
	// ErrRounds is a peer that is not done after Limits.Rounds messages.
	ErrRounds = errors.New("too many rounds of negentropy")
	// ErrOver is a message to a Client that is done or has failed.
	ErrOver = errors.New("the reconciliation is over")
)

// VersionError is a peer that speaks another version of the protocol.
type VersionError struct {
	Version byte // the highest that the peer speaks; 0x61 is version 1
}

// Error names the version.
func (e *VersionError) Error() string {
	return fmt.Sprintf("negentropy version byte 0x%02x", e.Version)
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }
