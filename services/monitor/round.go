package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/resolver"
)

// Result is the outcome of one check.
type Result struct {
	Check  string
	Err    error         // why it failed or was not made; nil = it succeeded
	RTT    time.Duration // of what succeeded; 0 = not measured
	Phases relay.Timings // of open
	Value  *int64        // the one other figure that moves by itself, nil = none; see docs/reference/checks.md

	Documents []*ingest.Document // what it brought home
}

// bring adds a finding as a document. One that cannot be encoded is a mistake of ours: it is left out, and the round stands.
func (r Result) bring(name string, finding any) Result {
	if body, err := document.Encode(finding); err == nil {
		r.Documents = append(r.Documents, document.Message(name, body))
	}
	return r
}

// figure sets the value.
func (r Result) figure(n int64) Result {
	r.Value = &n
	return r
}

// round is one round of checks of one relay. It is used by one goroutine.
type round struct {
	url     relay.URL
	at      time.Time     // whole seconds: results are keyed by them
	timeout time.Duration // of one attempt of one check, by the relay's network
	checks  []check       // those that are to be made
	opened  func()        // called for every connection that came about; nil = nothing is
	*tools

	conn       *relay.Conn // shared by the checks that ask over a WebSocket; nil = none is open
	timings    relay.Timings
	remote     netip.Addr           // whom open reached; invalid = nobody, or a proxy
	header     http.Header          // of the answer to the upgrade, be it a refusal; nil = there was none
	state      *tls.ConnectionState // of the connection that open made, nil = without TLS
	challenged bool                 // the relay sent an AUTH challenge
	claims     *relay.Claims        // what it says of itself, nil = nothing
	records    resolver.Records     // what DNS said
	results    []Result
}

// run makes the checks. It takes at most as long as their deadlines together: repetitions use what quick checks left.
func (r *round) run(ctx context.Context, retries func(check) uint) {
	var longest time.Duration
	for _, c := range r.checks {
		longest += c.deadline(r.timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	defer r.hangUp()
	for _, c := range r.checks {
		result := perform(ctx, c, r, retries(c))
		result.Check = c.name
		r.results = append(r.results, result)
	}
}

// failure is why a check that was made in this round failed; nil when it did not.
func (r *round) failure(name string) error {
	for _, result := range r.results {
		if result.Check == name {
			return result.Err
		}
	}
	return nil
}

// busy is the failure of a check that was not made because we have as many connections to the relay's
// address as we allow ourselves; nil when all were made.
func (r *round) busy() error {
	for _, result := range r.results {
		if failed, ok := errors.AsType[*relay.Error](result.Err); ok && failed.Class == relay.ClassBusy {
			return failed
		}
	}
	return nil
}

// connect returns the open connection, or a new one after the last was hung up.
func (r *round) connect(ctx context.Context) (*relay.Conn, error) {
	if r.conn != nil {
		return r.conn, nil
	}
	conn, err := r.dialer.Connect(ctx, r.url)
	if err != nil {
		return nil, err
	}
	r.conn = conn
	if r.opened != nil {
		r.opened()
	}
	return conn, nil
}

// hangUp closes the connection: a question that failed may have left an answer on its way.
func (r *round) hangUp() {
	if r.conn == nil {
		return
	}
	r.challenged = r.challenged || r.conn.Challenge() != ""
	r.conn.Close()
	r.conn = nil
}

// asked says whether the relay sent a challenge on any connection of this round.
func (r *round) asked() bool {
	return r.challenged || r.conn != nil && r.conn.Challenge() != ""
}

// addresses are those of the relay: what DNS said, or where open came to, or what its URL says.
func (r *round) addresses() []netip.Addr {
	if found := slices.Concat(r.records.A, r.records.AAAA); len(found) > 0 {
		return found
	}
	if literal, err := netip.ParseAddr(r.url.Host()); err == nil {
		return []netip.Addr{literal.Unmap()}
	}
	if r.remote.IsValid() {
		return []netip.Addr{r.remote}
	}
	return nil
}
