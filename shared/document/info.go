package document

import "github.com/bigbrotr/bigbrotr-go/shared/relay"

// Faults of an answer to the request for the information document.
const (
	FaultTooLarge = "too_large"
	FaultNotJSON  = "malformed" // no JSON object
	FaultStatus   = "status"    // not 200
)

// InfoAnswer is the document of type Answer: how a relay answered the request for its information document. There is one
// for every answer of HTTP, also where no document came of it.
type InfoAnswer struct {
	Status      int        `json:"status"`
	ContentType string     `json:"content_type,omitempty"`
	CORS        relay.CORS `json:"cors"`
	// Redirected is where the answer came from in the end, "" = from where we asked.
	Redirected string `json:"redirected,omitempty"`
	Bytes      int    `json:"bytes"` // of the body, at most relay.MaxInfo
	Fault      string `json:"fault,omitempty"`
	// Claims is what the document says, nil where there is none.
	Claims *relay.Claims `json:"claims,omitempty"`
}
