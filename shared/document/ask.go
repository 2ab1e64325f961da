package document

// Reading is the document of the check Read, which succeeded.
type Reading struct {
	// Event says that the relay had an event to show. A relay without any is readable all the same.
	Event bool `json:"event"`
}

// Requirements that a relay has of who writes to it, as its refusal says.
const (
	NeedsAuth       = "auth"
	NeedsWork       = "pow"
	NeedsPayment    = "payment"
	NeedsPermission = "restricted" // a list that we are not on
	RefusesUs       = "blocked"
	RefusesNow      = "rate_limited"
	RefusesKind     = "invalid" // it takes events, but none such as our probe
	RefusesOtherly  = "other"
)

// Writing is the document of the check Write: what the relay said to an ephemeral event.
type Writing struct {
	Accepted bool `json:"accepted"`
	// Requirement is what a refusal asks for, also where the event was accepted once it was met (pow); "" = nothing.
	Requirement string `json:"requirement,omitempty"`
	// Bits is the proof of work that the relay asks for (NIP-13); 0 = none, or it did not say.
	Bits int `json:"bits,omitempty"`
}

// Login outcomes.
const (
	LoginAccepted = "accepted"
	LoginRefused  = "refused"
	LoginFailed   = "failed" // no verdict came
)

// Login is the document of the check Auth (NIP-42).
type Login struct {
	Challenge bool   `json:"challenge"`        // a challenge came, asked for or not
	ToRead    bool   `json:"to_read"`          // REQ is refused without
	ToWrite   bool   `json:"to_write"`         // EVENT is refused without
	Login     string `json:"login,omitempty"`  // what came of signing in; "" = we did not, as settings say
	Serves    bool   `json:"serves,omitempty"` // REQ is answered after it
}
