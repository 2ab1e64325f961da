package subject

import "time"

// Names of the streams.
const (
	StreamFound  = "FOUND"
	StreamTasks  = "TASKS"
	StreamIngest = "INGEST"
	StreamEvents = "EVENTS"
	StreamRelays = "RELAYS"
	StreamDead   = "DEAD"
)

// Stream declares one JetStream stream. Zero values mean "no limit"; all streams are kept in
// files and refuse nothing but what their declaration says.
type Stream struct {
	Name        string
	Description string
	Subjects    []string
	WorkQueue   bool          // a message is deleted once it is acknowledged; else kept by limits
	DiscardNew  bool          // when full: refuse the newest instead of deleting the oldest
	MaxBytes    int64         // bytes on disk
	MaxAge      time.Duration // age of a message
	MaxMsgSize  int32         // bytes of one message
	OnePerSubj  bool          // a newer message on a subject replaces the older
	Schedules   bool          // Nats-Schedule headers are honoured (ADR-51)
	Atomic      bool          // atomic batch publishing is allowed (ADR-50)
	MsgTTL      bool          // Nats-TTL headers are honoured
	StoreFrom   string        // subject transform on storage
	StoreTo     string
}

// Bounds are the limits of the streams that an operator may move. The defaults are those of
// DefaultBounds; the default run scales them down on a small disk.
type Bounds struct {
	FoundBytes   int64
	IngestBytes  int64
	EventsBytes  int64
	EventsAge    time.Duration
	RelaysBytes  int64
	RelaysAge    time.Duration
	DeadBytes    int64
	DeadAge      time.Duration
	MessageBytes int32
}

// deadHeaderBytes is what DEAD adds to a message in headers: whatever another stream takes must fit
// there, too, or it could never be given up.
const deadHeaderBytes = 4 << 10

// DefaultBounds are the limits of a full-size installation.
func DefaultBounds() Bounds {
	return Bounds{
		FoundBytes: 256 << 20, IngestBytes: 4 << 30,
		EventsBytes: 10 << 30, EventsAge: 72 * time.Hour,
		RelaysBytes: 2 << 30, RelaysAge: 30 * 24 * time.Hour,
		DeadBytes: 1 << 30, DeadAge: 30 * 24 * time.Hour,
		MessageBytes: 1<<20 - deadHeaderBytes,
	}
}

// Total is what all bounded streams together may take, in bytes.
func (b Bounds) Total() int64 {
	return b.FoundBytes + b.IngestBytes + b.EventsBytes + b.RelaysBytes + b.DeadBytes
}

// Within returns the bounds scaled down so that Total is at most the given bytes.
func (b Bounds) Within(bytes int64) Bounds {
	if total := b.Total(); total > bytes {
		scale := func(n int64) int64 { return int64(float64(n) * float64(bytes) / float64(total)) }
		b.FoundBytes, b.IngestBytes, b.EventsBytes = scale(b.FoundBytes), scale(b.IngestBytes), scale(b.EventsBytes)
		b.RelaysBytes, b.DeadBytes = scale(b.RelaysBytes), scale(b.DeadBytes)
	}
	return b
}

// Streams is the table of all streams.
func Streams(b Bounds) []Stream {
	facts := []string{"brotr.check.*.*"}
	for _, fact := range RelayFacts {
		facts = append(facts, "brotr.relay."+fact+".*.*")
	}
	return []Stream{
		{Name: StreamFound, Description: "relay URLs that somebody found; private work queue",
			Subjects: []string{Found, Found + ".*"}, WorkQueue: true, DiscardNew: true,
			MaxBytes: b.FoundBytes, MaxMsgSize: b.MessageBytes},
		// No limit of bytes, count, age or deliveries: each would delete work silently.
		{Name: StreamTasks, Description: "work that is due and schedules of work to come; private work queue",
			Subjects: []string{"brotr.task.*.*.*", "brotr.later.*.*.*"}, WorkQueue: true,
			OnePerSubj: true, Schedules: true},
		{Name: StreamIngest, Description: "what workers hand to the writer; private work queue",
			Subjects: []string{"brotr.ingest.*"}, WorkQueue: true, DiscardNew: true,
			MaxBytes: b.IngestBytes, MaxMsgSize: b.MessageBytes},
		{Name: StreamEvents, Description: "every event once it is archived; public",
			Subjects: []string{"brotr.event.*.*.*"}, Atomic: true,
			MaxBytes: b.EventsBytes, MaxAge: b.EventsAge, MaxMsgSize: b.MessageBytes,
			StoreFrom: "brotr.event.*.*.*", StoreTo: "brotr.event.{{wildcard(1)}}.{{wildcard(2)}}"},
		{Name: StreamRelays, Description: "facts about relays and their checks; public",
			Subjects: facts, Atomic: true, MaxBytes: b.RelaysBytes, MaxAge: b.RelaysAge, MaxMsgSize: b.MessageBytes},
		{Name: StreamDead, Description: "what was given up, with the reason",
			Subjects: []string{"brotr.dead.*"}, MaxBytes: b.DeadBytes, MaxAge: b.DeadAge, MaxMsgSize: b.MessageBytes + deadHeaderBytes},
	}
}

// Consumer declares one durable pull consumer. Acknowledgement is explicit and deliveries are
// never limited: the class of the error decides what becomes of a message, not a count.
type Consumer struct {
	Name          string
	Stream        string
	Filter        string // empty = all of the stream
	AckWait       time.Duration
	MaxAckPending int
	Start         Start `json:",omitempty"`
}

// Names of the consumers that are not one per job and network.
const (
	ConsumerIntake  = "intake"
	ConsumerWriter  = "writer"
	ConsumerScanner = "finder"
)

// JobConsumer returns the name of the consumer of one job in one network.
func JobConsumer(job, network string) string { return job + "_" + network }

// Consumers is the table of all our own consumers. Consumers of TASKS are one per job and
// network from the start, because a later, narrower one would be refused (error 10100).
func Consumers() []Consumer {
	consumers := []Consumer{
		{Name: ConsumerIntake, Stream: StreamFound, AckWait: 30 * time.Second, MaxAckPending: 64},
		{Name: ConsumerWriter, Stream: StreamIngest, Filter: "brotr.ingest.>", AckWait: 60 * time.Second, MaxAckPending: 256},
		{Name: ConsumerScanner, Stream: StreamEvents, Filter: "brotr.event.>", AckWait: 60 * time.Second, MaxAckPending: 10000},
	}
	for _, job := range Jobs {
		for _, network := range Networks {
			consumers = append(consumers, jobConsumer(job, network))
		}
		retry, ok := Retry(job)
		for _, network := range Networks {
			if ok {
				consumers = append(consumers, jobConsumer(retry, network))
			}
		}
	}
	return consumers
}

func jobConsumer(job, network string) Consumer {
	return Consumer{
		Name: JobConsumer(job, network), Stream: StreamTasks,
		Filter: Task(job, network, "*"), AckWait: 30 * time.Second, MaxAckPending: 10000,
	}
}

// Bucket declares one KV bucket.
type Bucket struct {
	Name        string
	Description string
	Memory      bool          // lost with the server: only for what costs duplicate work when lost
	TTL         time.Duration // of every key, 0 = for ever
	MaxBytes    int64
}

// Names of the KV buckets.
const (
	BucketLeases = "brotr_leases"
	BucketState  = "brotr_state"
	BucketBytes  = "brotr_bytes"
	BucketAlerts = "brotr_alerts"
)

// LeaseTTL is how long a lease outlives its holder.
const LeaseTTL = 30 * time.Second

// BytesTTL is how long a count of a relay's bytes outlives its last change: longer than the day it is of.
const BytesTTL = 48 * time.Hour

// AlertsTTL is how long what was told of a relay outlives its last writing: longer than AlertsKeep and a dead relay's week.
const AlertsTTL = 90 * 24 * time.Hour

// AlertsKeep is the age at which what still holds is written anew, so that it does not expire.
const AlertsKeep = 30 * 24 * time.Hour

// Buckets is the table of all KV buckets.
func Buckets() []Bucket {
	return []Bucket{
		{Name: BucketLeases, Description: "who works at which relay, and who is connected to which address", Memory: true, TTL: LeaseTTL, MaxBytes: 64 << 20},
		{Name: BucketState, Description: "positions and cooldowns of services", MaxBytes: 64 << 20},
		{Name: BucketBytes, Description: "bytes taken from each relay, by day", Memory: true, TTL: BytesTTL, MaxBytes: 32 << 20},
		{Name: BucketAlerts, Description: "what was told of which relay, by receiver", TTL: AlertsTTL, MaxBytes: 64 << 20},
	}
}
