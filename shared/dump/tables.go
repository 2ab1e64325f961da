package dump

import (
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Names of the tables.
const (
	TableEvents      = "events"
	TableSightings   = "sightings"
	TableRelays      = "relays"
	TableChecks      = "checks"
	TableStates      = "states"
	TableTransitions = "transitions"
	TableDocuments   = "documents"
	TableCoverage    = "coverage"
)

// EventRow is an event as a row of Parquet, in the order of created_at and id. Tags and content are plain text; where that
// does not give the signed text back (a NUL, a surrogate without its partner, escapes that a signer alone writes), raw holds
// [tags,content] byte for byte as the id hashes it, and what text cannot hold is U+FFFD in the columns beside it.
type EventRow struct {
	ID        [32]byte   `parquet:"id"`
	PubKey    [32]byte   `parquet:"pubkey"`
	CreatedAt uint64     `parquet:"created_at"`
	Kind      uint16     `parquet:"kind,dict"`
	Tags      [][]string `parquet:"tags,list" parquet-element:",list"`
	Content   string     `parquet:"content"`
	Sig       [64]byte   `parquet:"sig"`
	Raw       []byte     `parquet:"raw,optional"`
}

// SightingRow says that a relay served an event, in the order of the events. Times are unix seconds.
type SightingRow struct {
	ID           [32]byte `parquet:"id"`
	Relay        string   `parquet:"relay,dict"`
	FirstSeen    int64    `parquet:"first_seen"`
	LastSeen     int64    `parquet:"last_seen"`
	MissingSince int64    `parquet:"missing_since,optional"`
}

// RelayRow is a relay.
type RelayRow struct {
	URL        string `parquet:"url"`
	Network    string `parquet:"network,dict"`
	AcceptedAt int64  `parquet:"accepted_at"`
	FoundAt    int64  `parquet:"found_at,optional"`
}

// CheckRow is the outcome of one check.
type CheckRow struct {
	Relay     string `parquet:"relay,dict"`
	Vantage   string `parquet:"vantage,dict"`
	CheckedAt int64  `parquet:"checked_at"`
	Check     string `parquet:"check_name,dict"`
	OK        bool   `parquet:"ok"`
	RTT       int32  `parquet:"rtt_ms,optional"`
	Reason    string `parquet:"reason,dict,optional"`
	Text      string `parquet:"text,optional"`
	DNS       int32  `parquet:"dns_ms,optional"`
	TCP       int32  `parquet:"tcp_ms,optional"`
	TLS       int32  `parquet:"tls_ms,optional"`
	Upgrade   int32  `parquet:"upgrade_ms,optional"`
	Value     *int64 `parquet:"value,optional"`
	Degraded  bool   `parquet:"degraded"`
}

// StateRow is the state of a relay after the last check from a vantage. Times are unix seconds.
type StateRow struct {
	Relay        string `parquet:"relay"`
	Vantage      string `parquet:"vantage,dict"`
	State        string `parquet:"state,dict"`
	StateSince   int64  `parquet:"state_since"`
	Failures     int32  `parquet:"failures"`
	FailingSince int64  `parquet:"failing_since,optional"`
	CheckedAt    int64  `parquet:"checked_at"`
	NextCheckAt  int64  `parquet:"next_check_at,optional"`
}

// TransitionRow is a row in the history of a relay's states: what checks from a vantage saw from a time on. Times are unix
// seconds.
type TransitionRow struct {
	Relay     string `parquet:"relay,dict"`
	Vantage   string `parquet:"vantage,dict"`
	At        int64  `parquet:"at"`
	State     string `parquet:"state,dict"` // that of a StateRow, or degraded: our own vantage was at fault
	Failing   bool   `parquet:"failing"`
	Reason    string `parquet:"reason,dict,optional"`
	SeenAt    int64  `parquet:"seen_at"`
	SeenUntil int64  `parquet:"seen_until"` // unless another row follows
}

// DocumentRow is a version of a document in the history of a relay: what checks from a vantage found from first_seen to
// last_seen, byte for byte.
type DocumentRow struct {
	Relay     string   `parquet:"relay,dict"`
	Vantage   string   `parquet:"vantage,dict"`
	Type      string   `parquet:"type,dict"`
	FirstSeen int64    `parquet:"first_seen"`
	LastSeen  int64    `parquet:"last_seen"`
	SHA256    [32]byte `parquet:"sha256"`
	Body      []byte   `parquet:"body"`
}

// CoverageRow is an interval of created_at, both ends included, that was proven of a relay under a canonical filter.
type CoverageRow struct {
	Relay    string `parquet:"relay,dict"`
	Filter   string `parquet:"filter,dict"`
	Proof    int32  `parquet:"proof"`     // as the archive numbers them: 1 eose, 2 finish, 3 negentropy, 4 empty, 5 truncated
	WalkedOn int64  `parquet:"walked_on"` // midnight UTC of the day of the walk, unix seconds
	Since    int64  `parquet:"since"`
	Until    int64  `parquet:"until"`
}

// RowOf makes the row of an event.
func RowOf(e *event.Event) EventRow {
	tags, content, exact := e.Plain()
	row := EventRow{ID: e.ID, PubKey: e.PubKey, CreatedAt: uint64(e.CreatedAt), Kind: e.Kind, Tags: tags, Content: content, Sig: e.Sig}
	if !exact {
		row.Raw = e.Raw()
	}
	return row
}

// Event makes the event of a row and checks it against its id, not its signature.
func (r *EventRow) Event() (event.Event, error) {
	tags, content := event.FromPlain(r.Tags, r.Content)
	if len(r.Raw) > 0 { // dumps of before have some that are empty instead of null
		var err error
		if tags, content, err = event.ParseRaw(r.Raw); err != nil {
			return event.Event{}, err
		}
	}
	// What is larger than an int64 comes out negative, and is refused there.
	return event.New(r.ID, r.PubKey, r.Sig, int64(r.CreatedAt), r.Kind, tags, content)
}
