package subject

import "time"

// Start says where a consumer begins when it is made.
type Start uint8

// Consumers that begin elsewhere than with everything are made by the service that reads them (see FactConsumer).
const (
	StartAll  Start = iota // with all that the stream holds
	StartLast              // with the last message of each subject
	StartNew               // with what comes
)

// FactIdle is how long the position of a fact consumer outlives its last reader. Its names come from settings, so old ones
// must go by themselves.
const FactIdle = 7 * 24 * time.Hour

// factPending bounds what one reader may put off; the server waits then.
const factPending = 1000

// AnyCheck is the subject of every result of a round of checks.
const AnyCheck = "brotr.check.>"

// FactConsumer declares a consumer of the results of checks that a service makes for itself, because there is one for each of
// the parts, such as a vantage and a relay URL, and the initializer knows neither.
func FactConsumer(service string, start Start, parts ...string) Consumer {
	name := service
	for _, part := range parts {
		name += "_" + FactPart(part)
	}
	return Consumer{Name: name, Stream: StreamRelays, Filter: AnyCheck, AckWait: 60 * time.Second, MaxAckPending: factPending,
		Start: start}
}

// FactPart turns a setting or a relay URL into a part of a consumer's name: as it is where it fits, else as Token does.
func FactPart(part string) string {
	for _, c := range part {
		if notStem(c) && c != '_' {
			return Token(part)
		}
	}
	return part
}
