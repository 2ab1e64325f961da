package simrelay

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Bounds of the request history of one relay; counters and the set of served events are never cut.
const (
	ledgerRequests = 4096
	ledgerEvents   = 200_000
	ledgerOpenings = 4096
)

// End says how a request ended.
type End string

// The ends of a request; only EndEOSE is an answer.
const (
	EndEOSE    End = "eose"
	EndClosed  End = "closed"
	EndNotice  End = "notice"
	EndDropped End = "dropped"
	EndSilent  End = "silent"  // everything was sent but the EOSE
	EndClient  End = "client"  // the client closed the subscription or left first
	EndEndless End = "endless" // an endless stream that the client had to end
)

// Fault names a bad manner that was really shown, so that a test can prove that its fault fired.
type Fault string

// The faults, one for each switch of Manners that changes what a client sees.
const (
	FaultCapped    Fault = "capped"
	FaultHidden    Fault = "hidden"
	FaultForged    Fault = "forged"
	FaultDuplicate Fault = "duplicate"
	FaultOutside   Fault = "outside_filter"
	FaultGarbage   Fault = "garbage"
	FaultGiant     Fault = "giant_frame"
	FaultLostEOSE  Fault = "lost_eose"
	FaultEndless   Fault = "endless"
	FaultDropped   Fault = "dropped"
	FaultAuth      Fault = "auth_required"
	FaultNotice    Fault = "notice_only"
	FaultClosed    Fault = "closed"
	FaultRefused   Fault = "refused_every"
	FaultRate      Fault = "rate_limited"
	FaultSubs      Fault = "too_many_subs"
	FaultRejected  Fault = "write_rejected"
	FaultPow       Fault = "work_demanded"
	FaultNoSearch  Fault = "search_refused"
	FaultDead      Fault = "dead"
	FaultDelayed   Fault = "delayed"
	FaultOrder     Fault = "order"
	FaultBounds    Fault = "bounds"
	FaultEmpty     Fault = "empty"

	FaultEarlyEOSE   Fault = "early_eose"
	FaultCut         Fault = "cut_by_closed"
	FaultNoLimit     Fault = "limit_ignored"
	FaultMaxLimit    Fault = "limit_refused"
	FaultMaxSpan     Fault = "span_refused"
	FaultMaxList     Fault = "list_refused"
	FaultNameless    Fault = "nameless_refused"
	FaultMaxFilters  Fault = "filters_refused"
	FaultEmptyClosed Fault = "empty_closed"
	FaultHintLie     Fault = "hint_lie"
	FaultLieCount    Fault = "count_lie"
	FaultNoCount     Fault = "count_refused"
	FaultMaxMessage  Fault = "message_too_large"
	FaultNegMax      Fault = "negentropy_max"
	FaultNegNewest   Fault = "negentropy_newest"
	FaultNegLie      Fault = "negentropy_lie"
	FaultNegFalsely  Fault = "negentropy_falsely"
)

// Request is one REQ and how it was answered.
type Request struct {
	Conn    int // number of the connection, from 1
	Sub     string
	Filters []event.Filter
	Sent    []event.ID // genuine events that were sent before the EOSE, in order, without duplicates and extras
	Hidden  int
	More    bool // the limit or the cap cut something off
	Bytes   int64
	End     End
}

// Totals are the counters of a relay since New.
type Totals struct {
	Connections int // ever
	Open        int
	Peak        int
	Requests    int
	EOSE        int
	Events      int // EVENT frames of every sort
	Frames      int
	Bytes       int64 // payload of the frames
	BytesIn     int64 // payload of the clients' messages
	NegIn       int   // messages of NIP-77 from clients
	NegOut      int   // and to them
	NegBytesIn  int64 // a part of BytesIn
	NegBytesOut int64 // a part of Bytes
	Writes      int   // EVENTs that clients published
	Infos       int   // requests for the NIP-11 document
}

// Ledger remembers what a relay served, outside of the system under test. Safe for concurrent use.
type Ledger struct {
	mu       sync.Mutex
	totals   Totals
	faults   map[Fault]int
	served   map[event.ID]struct{}
	live     map[event.ID]struct{}
	requests []Request
	kept     int
	openings []time.Time
}

func newLedger() *Ledger {
	return &Ledger{faults: map[Fault]int{}, served: map[event.ID]struct{}{}, live: map[event.ID]struct{}{}}
}

// Served returns the ids of genuine events that matched the filter and were sent in an answer whose EOSE was sent.
func (l *Ledger) Served() map[event.ID]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.served)
}

// ServedLive returns the ids that were sent to subscriptions after their EOSE.
func (l *Ledger) ServedLive() map[event.ID]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.live)
}

// Requests returns the newest requests, oldest first; history beyond 4,096 requests or 200,000 events is forgotten.
func (l *Ledger) Requests() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// Openings returns when the newest 4,096 connections became WebSockets, oldest first.
func (l *Ledger) Openings() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.openings)
}

// Totals returns the counters.
func (l *Ledger) Totals() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.totals
}

// Faults returns how often each bad manner was shown.
func (l *Ledger) Faults() map[Fault]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.faults)
}

func (l *Ledger) count(change func(*Totals)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.totals)
}

func (l *Ledger) fired(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults[f]++
}

func (l *Ledger) firedIf(is bool, f Fault) {
	if is {
		l.fired(f)
	}
}

func (l *Ledger) opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.openings) == ledgerOpenings {
		l.openings = l.openings[:copy(l.openings, l.openings[1:])]
	}
	l.openings = append(l.openings, time.Now())
	l.totals.Connections++
	l.totals.Open++
	l.totals.Peak = max(l.totals.Peak, l.totals.Open)
	return l.totals.Connections
}

// record closes a request. It runs just before the last frame is written, so that a client which has read that frame
// finds the request here.
func (l *Ledger) record(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.End == EndEOSE {
		l.totals.EOSE++
		for _, id := range r.Sent {
			l.served[id] = struct{}{}
		}
	}
	l.requests = append(l.requests, r)
	l.kept += len(r.Sent)
	for len(l.requests) > ledgerRequests || l.kept > ledgerEvents && len(l.requests) > 1 {
		l.kept -= len(l.requests[0].Sent)
		l.requests = l.requests[1:]
	}
}

func (l *Ledger) sentLive(id event.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[id] = struct{}{}
}
