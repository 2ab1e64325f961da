package importer

import (
	"errors"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Reasons that package event does not know. The first two are of events that are valid and not archived.
const (
	skippedEphemeral = "ephemeral"
	skippedAuth      = "auth"

	refusedLong  = "too_long"
	refusedFrame = "bad_frame"
)

// kindAuth is NIP-42's AUTH event: a credential.
const kindAuth = 22242

// suspect is an event whose signature is still to be checked.
type suspect struct {
	event.Event
	at  int64  // its line or row
	raw []byte // as it was read
}

// judge checks the signatures of events together and keeps those that are good. Ids were checked when they were parsed.
func judge(suspects []suspect, o *outcome) (good []*ingest.Event, forged []*ingest.Refused) {
	events := make([]*event.Event, len(suspects))
	for i := range suspects {
		events[i] = &suspects[i].Event
	}
	for i, valid := range event.CheckSignatures(events) {
		if s := &suspects[i]; valid {
			good = append(good, message(&s.Event))
		} else {
			forged = append(forged, o.refuse(s.raw, s.at, &event.Error{Reason: event.BadSignature})...)
		}
	}
	o.tally.events += int64(len(good))
	return good, forged
}

// archived says whether an event of this kind is kept, and counts one that is not.
func (o *outcome) archived(kind uint16) bool {
	switch {
	case kind == kindAuth:
		o.tally.skip(skippedAuth)
	case event.Classify(kind) == event.Ephemeral:
		o.tally.skip(skippedEphemeral)
	default:
		return true
	}
	return false
}

// refuse counts what is no valid event. What has the shape of one goes to quarantine: it was damaged or forged, and its
// bytes may be all there is.
func (o *outcome) refuse(raw []byte, at int64, err error) []*ingest.Refused {
	reason := event.BadShape
	if refused, ok := errors.AsType[*event.Error](err); ok {
		reason = refused.Reason
	}
	o.tally.refuse(string(reason), at)
	if reason != event.IDMismatch && reason != event.BadSignature {
		return nil
	}
	return []*ingest.Refused{{Raw: raw, Reason: "import: " + string(reason)}}
}

func message(e *event.Event) *ingest.Event {
	return &ingest.Event{
		Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:],
		CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content,
	}
}
