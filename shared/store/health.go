package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// transitionsShown bounds the transitions of a Health.
const transitionsShown = 50

// Health is how a relay fared over time, as seen from each vantage.
type Health struct {
	Uptimes     []Uptime
	Days        []Day        // the last 90, without those that nobody saw
	Transitions []Transition // the last 50, newest first
}

// Span is a part of the time: how long a relay worked of the seconds of which that is known.
type Span struct{ Up, Known time.Duration }

// Share is the uptime; false = nothing is known.
func (s Span) Share() (float64, bool) {
	if s.Known <= 0 {
		return 0, false
	}
	return float64(s.Up) / float64(s.Known), true
}

// Uptime is how long a relay worked. Time counts as known while rounds were made, our vantage was sound and the relay did
// not turn us away; it worked from a round that was answered until the next one that was not.
type Uptime struct {
	Vantage                   string
	Day, Week, Month, Quarter Span
}

// Day is one day (UTC) of a relay.
type Day struct {
	Vantage string
	Day     time.Time
	Worst   string // the worst state of the day; degraded = our vantage was at fault all day
	Span
}

// Transition is a change of a relay's state. From is "never checked" for the first, either may be degraded.
type Transition struct {
	Vantage  string
	At       time.Time
	From, To string
	Reason   string // why it is not up
}

// Health returns how a relay fared until now.
func (s *Store) Health(ctx context.Context, relayURL string, now time.Time) (h Health, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		h = Health{}
		for _, part := range []func(context.Context, pgx.Tx, string, time.Time) error{h.uptimes, h.days, h.transitions} {
			if err := part(ctx, tx, relayURL, now); err != nil {
				return err
			}
		}
		return nil
	})
	return h, err
}

func (h *Health) uptimes(ctx context.Context, tx pgx.Tx, relayURL string, now time.Time) error {
	var vantage string
	var n [8]int64
	span := func(i int) Span {
		return Span{time.Duration(n[i]) * time.Second, time.Duration(n[i+1]) * time.Second}
	}
	return query(ctx, tx, "uptimes", []any{&vantage, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]}, func() {
		h.Uptimes = append(h.Uptimes, Uptime{vantage, span(0), span(2), span(4), span(6)})
	}, relayURL, now.Unix())
}

func (h *Health) days(ctx context.Context, tx pgx.Tx, relayURL string, now time.Time) error {
	var d Day
	var up, known int64
	return query(ctx, tx, "days", []any{&d.Vantage, &d.Day, &d.Worst, &up, &known}, func() {
		d.Up, d.Known = time.Duration(up)*time.Second, time.Duration(known)*time.Second
		h.Days = append(h.Days, d)
	}, relayURL, now.Unix())
}

func (h *Health) transitions(ctx context.Context, tx pgx.Tx, relayURL string, _ time.Time) error {
	var t Transition
	var at int64
	var reason *string
	return query(ctx, tx, "transitions", []any{&t.Vantage, &at, &t.From, &t.To, &reason}, func() {
		t.At, t.Reason = timeOf(&at), orZero(reason)
		h.Transitions = append(h.Transitions, t)
	}, relayURL, transitionsShown)
}

// Rounds are the times of the last rounds of checks of a relay, by vantage.
type Rounds map[string]time.Time

// LastRounds returns when a relay was last checked from each vantage, degraded or not; false = it is not a relay.
func (s *Store) LastRounds(ctx context.Context, relayURL string) (rounds Rounds, known bool, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		rounds, known = Rounds{}, false
		var vantage *string
		var at *int64
		return query(ctx, tx, "last_rounds", []any{&vantage, &at}, func() {
			if known = true; vantage != nil {
				rounds[*vantage] = timeOf(at)
			}
		}, relayURL)
	})
	return rounds, known, err
}

// DropChecks removes the months of relay_check that ended before a time, and returns how many there were. The history of
// states, documents and events stays. The store must be the owner's.
func (s *Store) DropChecks(ctx context.Context, before time.Time) (months int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		return query(ctx, tx, "drop_check_partitions", []any{&months}, func() {}, before.Unix())
	})
	return months, err
}
