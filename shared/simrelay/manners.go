package simrelay

import "time"

// Order is the order in which a relay sends the stored events of one answer.
type Order int

// The orders seen in the wild; the first is what NIP-01 asks for.
const (
	NewestFirst Order = iota
	OldestFirst
	RandomOrder    // a random subset when a limit cuts, another one for every request
	NewestReversed // the newest that the limit allows, as a query finds them, sent oldest first
)

// Ties is the order of events of the same second.
type Ties int

// NIP-01 wants the lowest id first; many stores give whatever order their keys have.
const (
	TiesArbitrary Ties = iota // fixed per relay, unrelated to anything a client knows
	TiesIDAscending
	TiesIDDescending
)

// DeadMode says how a relay that is not a relay fails.
type DeadMode int

// The ways in which an address can be no relay at all.
const (
	Alive           DeadMode = iota
	Refused                  // nothing listens on the port
	Hang                     // accepts TCP and never says a byte
	HTTPOK                   // an ordinary web page instead of the upgrade
	HTTPForbidden            // status 403 instead of the upgrade
	HTTPUnavailable          // status 503
	HTTPTooMany              // status 429
	HangAfterTLS             // shakes hands and never says a byte more; a relay without TLS is Hang
	Babble                   // upgrades, sends what is no Nostr, and falls silent
)

// Manners are the switches of one relay. The zero value is an honest relay without limits: newest first, both bounds
// inclusive, EOSE after every answer. Every "Every" counts the REQs of the relay: 3 means the third, the sixth and so on.
type Manners struct {
	// Cap is the most events in one answer whatever limit was asked (0: no cap).
	Cap int
	// IgnoreLimit answers with everything that matches, whatever limit was asked.
	IgnoreLimit bool
	// DefaultLimit answers a REQ without limit (0: Cap).
	DefaultLimit int
	// AboveCapAnswer answers a limit above Cap (0: Cap); khatru answers with its default of 125.
	AboveCapAnswer int
	// HiddenShare of the events counts against the limit but is never sent, so pages are short although more exists.
	HiddenShare float64
	// Order of the stored events.
	Order Order
	// Ties orders the events of one second.
	Ties Ties
	// UntilExclusive treats until as "before".
	UntilExclusive bool
	// SinceExclusive treats since as "after".
	SinceExclusive bool
	// IgnoreSince answers as if since had not been sent.
	IgnoreSince bool
	// IgnoreUntil answers as if until had not been sent.
	IgnoreUntil bool
	// Times32 finds nothing for an until above 2³² or a since below 0.
	Times32 bool

	// Duplicates sends every event twice.
	Duplicates bool
	// OutsideFilter adds up to so many events that do not match to every answer.
	OutsideFilter int
	// Forge is the share of events of which only a forged copy is sent: wrong id, wrong signature or changed content.
	Forge float64
	// Garbage sends frames that are no Nostr messages before every answer.
	Garbage bool
	// GiantFrame sends one EVENT frame of at least so many bytes before every answer (0: none).
	GiantFrame int
	// NewlineFrames ends every frame in a newline.
	NewlineFrames bool

	// Delay passes before an answer begins.
	Delay time.Duration
	// FrameDelay passes before every event of an answer.
	FrameDelay time.Duration

	// EmptyEvery answers every nth REQ by EOSE alone, as a relay does whose database failed (0: never).
	EmptyEvery int
	// EmptyAfter answers by EOSE alone after so many REQs (0: never).
	EmptyAfter int
	// LoseEOSEEvery sends the events of every nth answer and never its EOSE (0: never lost).
	LoseEOSEEvery int
	// LoseEOSEOnReuse never sends EOSE to a subscription id that the connection used before.
	LoseEOSEOnReuse bool
	// EarlyEOSE sends EOSE before so many of the last events of every answer (0: behind all of them).
	EarlyEOSE int
	// EarlyEOSEPause passes between that EOSE and the events behind it.
	EarlyEOSEPause time.Duration
	// CutAfter ends every answer of more events by CLOSED "error:" after so many (0: never).
	CutAfter int
	// EndlessStream sends events without end, also such that do not match, and never EOSE.
	EndlessStream bool
	// FinishHint adds "finish" or "more" to EOSE (NIP-67).
	FinishHint bool
	// HintLies adds "finish" to every EOSE, although more may exist (NIP-67).
	HintLies bool
	// DropMidAnswerEvery cuts the connection in the middle of every nth answer (0: never).
	DropMidAnswerEvery int
	// DropAfter cuts the connection at the request after so many answered ones (0: never).
	DropAfter int

	// DropEveryRequests cuts the connection at every nth REQ, COUNT or NEG-OPEN of the relay, whatever connection it is
	// (0: never).
	DropEveryRequests int

	// AuthOnConnect sends the AUTH challenge as the first frame of a connection.
	AuthOnConnect bool
	// AuthOnly refuses every REQ and EVENT until the client proved a key (NIP-42).
	AuthOnly bool
	// AuthRestricted refuses authenticated clients too: the key is not on the list.
	AuthRestricted bool
	// NoticeOnly answers every REQ by a NOTICE, without EOSE or CLOSED.
	NoticeOnly bool
	// ClosedPrefix refuses every REQ by CLOSED with this machine-readable prefix ("": serves).
	ClosedPrefix string
	// RefuseEvery refuses every nth REQ by CLOSED "error:" (0: never).
	RefuseEvery int
	// EmptyClosedEvery answers every nth REQ by CLOSED without events and without a prefix (0: never).
	EmptyClosedEvery int
	// RateLimitAfter allows so many REQs per RateWindow and refuses the others by CLOSED "rate-limited:" (0: no limit).
	RateLimitAfter int
	// RateWindow is the period of RateLimitAfter (0: the lifetime of the connection).
	RateWindow time.Duration
	// RateNotice refuses by a NOTICE without an id where RateLimitAfter would by CLOSED.
	RateNotice bool
	// MaxLimit refuses every REQ with a higher limit by CLOSED "invalid:" (0: no bound).
	MaxLimit int
	// MaxSpan refuses every REQ about a longer time by CLOSED "invalid:" (0: no bound).
	MaxSpan time.Duration
	// MaxList refuses every REQ with a longer list of ids, authors or kinds by a NOTICE without an id (0: no bound).
	MaxList int
	// NeedsNames refuses every REQ with a filter without ids, authors, #p or #e by CLOSED "ERROR:", as a strfry that validates filters does.
	NeedsNames bool
	// MaxFilters refuses every REQ with more filters by CLOSED "invalid:" (0: no bound).
	MaxFilters int
	// MaxSubs open subscriptions per connection; one more gets a NOTICE without subscription id (0: 1,000).
	MaxSubs int
	// MaxMessage bytes of a client's message; a longer one gets a NOTICE without an id and nothing else (0: 1 MiB, and the
	// connection ends).
	MaxMessage int
	// AuthToWrite refuses every EVENT until the client proved a key; requests are served.
	AuthToWrite bool
	// MinPow refuses an EVENT whose id does not begin with so many zero bits (NIP-13).
	MinPow int
	// RejectWrites answers every EVENT by OK false with this prefix ("": accepts).
	RejectWrites string

	// LieCount multiplies what COUNT says (0: the truth).
	LieCount float64
	// RefuseCount answers COUNT by a NOTICE, as a relay does that does not know NIP-45.
	RefuseCount bool

	// Search finds words of the content (NIP-50); without it the filter's search is passed over.
	Search bool
	// RefuseSearch answers a filter with search by CLOSED "unsupported:".
	RefuseSearch bool

	// Negentropy answers NEG-OPEN and NEG-MSG (NIP-77); without it they get the NOTICE of an unknown message.
	Negentropy bool
	// NegentropyMax refuses a filter that matches more events by NEG-ERR "blocked:" with this number (0: no bound).
	NegentropyMax int
	// NegentropyNewest offers so many of the newest matches and says nothing about the others (0: all).
	NegentropyNewest int
	// NegentropyLies offers what it does not have, or not what it has.
	NegentropyLies NegLie
	// NegentropyFrame is the most bytes of one answer, before hex (0: 500,000; at least 4,096).
	NegentropyFrame int
	// NegentropyFalsely names NIP-77 in the relay information document although Negentropy is off.
	NegentropyFalsely bool

	// Dead makes the address something other than a relay.
	Dead DeadMode
	// NIP11 replaces the generated relay information document, byte for byte (nil: generated).
	NIP11 []byte
	// NIPs replace those that the generated document names (nil: those that the manners give).
	NIPs []int
	// NIP11Type replaces the content type of the document.
	NIP11Type string
	// NIP11Redirect answers requests for the document by a redirect to this URL.
	NIP11Redirect string
	// NoCORS leaves out the headers that let browsers read the document.
	NoCORS bool
	// Server and PoweredBy are headers of every answer over HTTP, that to the upgrade included.
	Server, PoweredBy string
	// NIP11Status answers requests for the document with this status (0: 200).
	NIP11Status int
}

func nth(every, n int) bool { return every > 0 && n%every == 0 }
