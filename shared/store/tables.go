package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// readRows is how many rows of a table one transaction reads.
const readRows = 5_000

// Seen is a sighting as it is exported. Times are unix seconds, 0 = not missing.
type Seen struct {
	EventNo                   int64
	Relay                     string
	First, Last, MissingSince int64
}

// SightingsOf returns the sightings of events, by event and relay.
func (s *Store) SightingsOf(ctx context.Context, events []int64) (seen []Seen, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		seen = nil
		var one Seen
		var missing *int64
		return query(ctx, tx, "sightings_of", []any{&one.EventNo, &one.Relay, &one.First, &one.Last, &missing}, func() {
			one.MissingSince = orZero(missing)
			seen = append(seen, one)
		}, events)
	})
	return seen, err
}

// Stretch is how much a table has of an interval of time.
type Stretch struct {
	Count int64
	First int64 // the first time at or after the beginning; -1 = there is none
	High  int64 // the largest number of all events
}

// EventsIn counts the events of an interval.
func (s *Store) EventsIn(ctx context.Context, iv Interval) (Stretch, error) {
	return s.stretch(ctx, "event_interval", iv)
}

// ChecksIn counts the checks of an interval.
func (s *Store) ChecksIn(ctx context.Context, iv Interval) (Stretch, error) {
	return s.stretch(ctx, "check_interval", iv)
}

func (s *Store) stretch(ctx context.Context, statement string, iv Interval) (found Stretch, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		var first, high *int64
		return query(ctx, tx, statement, []any{&found.Count, &first, &high}, func() {
			found.High = orZero(high)
			if found.First = -1; first != nil {
				found.First = *first
			}
		}, iv.Since, iv.Until)
	})
	return found, err
}

// Arrived says whether events of an interval have come whose number is above one.
func (s *Store) Arrived(ctx context.Context, after int64, iv Interval) (some bool, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		return query(ctx, tx, "arrived_after", []any{&some}, func() {}, after, iv.Since, iv.Until)
	})
	return some, err
}

// RelayRow is a relay as it is exported. Times are unix seconds.
type RelayRow struct {
	URL, Network string
	AcceptedAt   int64
	FoundAt      int64 // 0 = nobody found it, it was met
}

// Relays hands every relay to a function, by URL, until its first error, which is returned.
func (s *Store) Relays(ctx context.Context, each func(RelayRow) error) error {
	var one RelayRow
	var found *int64
	return s.pages(ctx, "all_relays", []any{&one.URL, &one.Network, &one.AcceptedAt, &found}, func() error {
		one.FoundAt = orZero(found)
		return each(one)
	}, func() []any { return []any{one.URL, readRows} })
}

// CheckRow is the outcome of a check as it is exported.
type CheckRow struct {
	Relay, Vantage, Check  string
	CheckedAt              int64 // unix seconds
	OK                     bool
	RTT                    int32 // ms, 0 = not measured
	Reason, Text           string
	DNS, TCP, TLS, Upgrade int32 // ms, 0 = did not happen
	Value                  *int64
	Degraded               bool

	relayNo int32
}

// Checks hands the checks of an interval to a function, relay by relay, until its first error, which is returned.
func (s *Store) Checks(ctx context.Context, iv Interval, each func(CheckRow) error) error {
	var one CheckRow
	var rtt, dns, tcp, tls, upgrade *int32
	var reason, text *string
	targets := []any{&one.relayNo, &one.Relay, &one.Vantage, &one.CheckedAt, &one.Check, &one.OK, &rtt, &reason, &text,
		&dns, &tcp, &tls, &upgrade, &one.Value, &one.Degraded}
	return s.pages(ctx, "checks_between", targets, func() error {
		one.RTT, one.Reason, one.Text = orZero(rtt), orZero(reason), orZero(text)
		one.DNS, one.TCP, one.TLS, one.Upgrade = orZero(dns), orZero(tcp), orZero(tls), orZero(upgrade)
		return each(one)
	}, func() []any {
		return []any{iv.Since, iv.Until, one.relayNo, one.Vantage, one.CheckedAt, one.Check, readRows}
	})
}

// StateRow is the state of a relay as it is exported. Times are unix seconds.
type StateRow struct {
	Relay, Vantage, State string
	Since                 int64
	Failures              int32
	FailingSince          int64 // 0 = the last check succeeded
	CheckedAt, NextAt     int64 // NextAt 0 = none is due
}

// States hands the state of every relay from every vantage to a function, by URL, until its first error, which is returned.
func (s *Store) States(ctx context.Context, each func(StateRow) error) error {
	var one StateRow
	var failing, next *int64
	targets := []any{&one.Relay, &one.Vantage, &one.State, &one.Since, &one.Failures, &failing, &one.CheckedAt, &next}
	return s.pages(ctx, "all_states", targets, func() error {
		one.FailingSince, one.NextAt = orZero(failing), orZero(next)
		return each(one)
	}, func() []any { return []any{one.Relay, one.Vantage, readRows} })
}

// TransitionRow is a row in the history of a relay's states as it is exported. Times are unix seconds.
type TransitionRow struct {
	Relay, Vantage, State string
	Reason                string // "" = it was up
	At, SeenAt, SeenUntil int64
	Failing               bool
}

// Transitions hands the histories of states to a function, by URL, until its first error, which is returned.
func (s *Store) Transitions(ctx context.Context, each func(TransitionRow) error) error {
	var one TransitionRow
	var reason *string
	targets := []any{&one.Relay, &one.Vantage, &one.At, &one.State, &one.Failing, &reason, &one.SeenAt, &one.SeenUntil}
	return s.pages(ctx, "all_transitions", targets, func() error {
		one.Reason = orZero(reason)
		return each(one)
	}, func() []any { return []any{one.Relay, one.Vantage, one.At, readRows} })
}

// DocumentRow is a version of a document in the history of a relay as it is exported. Times are unix seconds.
type DocumentRow struct {
	Relay, Vantage, Type string
	First, Last          int64
	SHA256, Body         []byte // valid until the next one is read
}

// DocumentVersions hands every version of every document to a function, by URL, until its first error, which is returned.
func (s *Store) DocumentVersions(ctx context.Context, each func(DocumentRow) error) error {
	var one DocumentRow
	targets := []any{&one.Relay, &one.Vantage, &one.Type, &one.First, &one.Last, &one.SHA256, &one.Body}
	return s.pages(ctx, "all_documents", targets, func() error { return each(one) }, func() []any {
		return []any{one.Relay, one.Vantage, one.Type, one.First, readRows}
	})
}

// CoverageRow is a proven interval as it is exported.
type CoverageRow struct {
	Relay, Filter string
	Proof         int16
	WalkedOn      time.Time // midnight UTC
	Interval
}

// Proven hands every proven interval to a function, by URL, until its first error, which is returned.
func (s *Store) Proven(ctx context.Context, each func(CoverageRow) error) error {
	var one CoverageRow
	targets := []any{&one.Relay, &one.Filter, &one.Proof, &one.WalkedOn, &one.Since, &one.Until}
	return s.pages(ctx, "all_coverage", targets, func() error { return each(one) }, func() []any {
		return []any{one.Relay, one.Filter, one.Proof, one.WalkedOn, one.Since, readRows}
	})
}

// pages reads a table page by page, each in a transaction of its own. The arguments of the next one follow from the last
// row that was handed on, which the targets hold.
func (s *Store) pages(ctx context.Context, statement string, targets []any, each func() error, args func() []any) error {
	for more := true; more; {
		n := 0
		var stop error
		err := s.transact(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, "begin_read", func(tx pgx.Tx) error {
			return query(ctx, tx, statement, targets, func() {
				if n++; stop == nil {
					stop = each()
				}
			}, args()...)
		})
		if stop != nil {
			return stop
		}
		if err != nil {
			return fmt.Errorf("read a table: %w", err)
		}
		more = n == readRows
	}
	return nil
}
