package subject

import (
	"encoding/hex"
	"strconv"
)

// Jobs that a relay has one ball each for.
const (
	JobValidate = "validate"
	JobCheck    = "check"
	JobSync     = "sync"
)

// Jobs lists them in the order in which a relay meets them.
var Jobs = []string{JobValidate, JobCheck, JobSync}

// Retry returns the job under which relays stand at which a job failed last time; false = it has none. Their tasks have consumers
// of their own, so that a relay that answers never waits behind them. It is no ball of its own: a schedule of check makes a task
// of check due, or one of recheck.
func Retry(job string) (retry string, ok bool) { return retryPrefix + job, job != JobSync }

const retryPrefix = "re"

// Networks in which a relay can live. Each is a token of its own in the subjects of work.
const (
	Clearnet = "clearnet"
	Tor      = "tor"
	I2P      = "i2p"
	Loki     = "loki"
)

// Networks lists them.
var Networks = []string{Clearnet, Tor, I2P, Loki}

// Found is where relay URLs are injected; Found + "." + source names the source.
const Found = "brotr.relay.found"

// SourceSeed is the source of the URLs that the operator starts with.
const SourceSeed = "seed"

// FoundFrom returns the subject for relay URLs from a named source (one token).
func FoundFrom(source string) string { return Found + "." + source }

// Task returns the subject of a task that is due now.
func Task(job, network, token string) string {
	return "brotr.task." + job + "." + network + "." + token
}

// Later returns the subject of the schedule that will publish that task.
func Later(job, network, token string) string {
	return "brotr.later." + job + "." + network + "." + token
}

// The kinds of message on INGEST. The kind is a label for people and metrics: every message
// is a Batch and the writer reads them all the same way.
const (
	IngestRelays       = "brotr.ingest.relays"
	IngestCandidates   = "brotr.ingest.candidates"
	IngestChecks       = "brotr.ingest.checks"
	IngestPages        = "brotr.ingest.pages"
	IngestManners      = "brotr.ingest.manners"
	IngestPublications = "brotr.ingest.publications"
	IngestImports      = "brotr.ingest.imports"
)

// Event returns the subject under which an archived event is published. The stream stores it
// without the last token (see Streams), so exact authors can be followed live only.
func Event(kind uint16, pubkey [32]byte) string {
	author := hex.EncodeToString(pubkey[:])
	return "brotr.event." + strconv.Itoa(int(kind)) + "." + author[:2] + "." + author
}

// EventsOfAnybody is every event as EVENTS stores it.
const EventsOfAnybody = "brotr.event.>"

// EventsOf returns the stored subject of EVENTS that holds an author's events, whatever their kind, among those of others.
func EventsOf(pubkey [32]byte) string { return "brotr.event.*." + hex.EncodeToString(pubkey[:1]) }

// Facts about a relay on the RELAYS stream.
const (
	FactAccepted = "accepted"
	FactUp       = "up"
	FactDown     = "down"
	FactBlocked  = "blocked"
	FactAuthOnly = "authonly"
	FactDead     = "dead"
	FactChanged  = "changed"
)

// RelayFacts lists them; each is a subject of its own in the RELAYS stream, because a wildcard
// would overlap Found.
var RelayFacts = []string{FactAccepted, FactUp, FactDown, FactBlocked, FactAuthOnly, FactDead, FactChanged}

// RelayFact returns the subject of a fact about a relay.
func RelayFact(fact, network, token string) string {
	return "brotr.relay." + fact + "." + network + "." + token
}

// Check returns the subject of the result of one round of checks.
func Check(network, token string) string { return "brotr.check." + network + "." + token }

// Dead returns the subject of a message that a stage gave up.
func Dead(stage string) string { return "brotr.dead." + stage }

// Headers of the messages that outsiders read.
const (
	HeaderRelay  = "Brotr-Relay"   // canonical URL of the relay that served the event
	HeaderSeenAt = "Brotr-Seen-At" // unix seconds at which it did
	HeaderSchema = "Brotr-Schema"  // version of the body's contract
	HeaderReason = "Brotr-Reason"  // on DEAD: why the message was given up
	HeaderSource = "Brotr-Source"  // on DEAD and FOUND: where it came from
)

// ServiceInbox is the inbox prefix of our own services. Outsiders may subscribe to _INBOX.>; work
// that is fetched must not pass there.
const ServiceInbox = "_BROTR_INBOX"

// EventSchema and FactSchema are the versions of the public bodies.
const (
	EventSchema = "1"
	FactSchema  = "1"
)
