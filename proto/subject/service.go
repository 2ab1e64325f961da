package subject

// RelayAdd is where a service answers at once what became of injected relay URLs. The body is that of a message on
// Found; the answer is one JSON object a line.
const RelayAdd = "brotr.svc.relay.add"

// RelayCheck is where a monitor takes the wish that one relay be checked at once. The body is the relay's URL; the answer
// is a Wish.
const RelayCheck = "brotr.svc.relay.check"

// What comes of a wish.
const (
	WishAccepted = "accepted" // a round is due now, or the next try of a candidate
	WishLimited  = "limited"  // too soon; RetryAfter says when
	WishUnknown  = "unknown"  // nobody has named the relay yet
	WishRefused  = "refused"  // it is no relay URL, or one that is never dialled

	// WishOfCandidate is the reason of one that was accepted for a URL that has not answered yet: what is due is a try, no round.
	WishOfCandidate = "candidate"
)

// Wish is the answer to whoever wants a relay checked at once, as JSON.
type Wish struct {
	URL        string   `json:"url,omitempty"`
	Verdict    string   `json:"verdict"`
	Reason     string   `json:"reason,omitempty"`      // a token: why not
	AskedAt    int64    `json:"asked_at"`              // unix seconds; the round that was wished for is not older
	Vantages   []string `json:"vantages,omitempty"`    // from where it will be checked
	RetryAfter int64    `json:"retry_after,omitempty"` // seconds
	Hint       string   `json:"hint,omitempty"`        // what to do
}
