package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Quarantined is a row of quarantine.
type Quarantined struct {
	No     int64
	SHA256 [32]byte
	Reason string
	Relay  string // "" = not known
	At     time.Time
	Bytes  int
	Raw    []byte // only of a single row
}

// ListQuarantine returns rows of quarantine from a number on, without their bytes; relay "" stands for all.
func (s *Store) ListQuarantine(ctx context.Context, from int64, relay string, limit int) ([]Quarantined, error) {
	return s.quarantined(ctx, "quarantined", from, relay, limit)
}

// ShowQuarantined returns one row with its bytes; false = there is none.
func (s *Store) ShowQuarantined(ctx context.Context, no int64) (Quarantined, bool, error) {
	list, err := s.quarantined(ctx, "quarantined_one", no)
	if err != nil || len(list) == 0 {
		return Quarantined{}, false, err
	}
	return list[0], true, nil
}

func (s *Store) quarantined(ctx context.Context, statement string, args ...any) (list []Quarantined, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		list = nil
		var q Quarantined
		var sum []byte
		var relay *string
		var at int64
		return query(ctx, tx, statement, []any{&q.No, &sum, &q.Reason, &relay, &at, &q.Bytes, &q.Raw}, func() {
			q.SHA256, q.Relay, q.At = [32]byte(sum), orZero(relay), timeOf(&at)
			list = append(list, q)
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("read the quarantine: %w", err)
	}
	return list, nil
}

// DiscardQuarantined takes rows out of quarantine and returns how many there were. Needs the role that erases.
func (s *Store) DiscardQuarantined(ctx context.Context, nos []int64) (gone int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		gone, err = a.count(ctx, "discard_quarantined", nos)
		return err
	})
	return gone, err
}

// RetryQuarantined takes a row out of quarantine and publishes what is in it, both or neither. Until it returns, a writer
// that cannot store it still waits to put it back: the same bytes are kept once, and the row would be in its place. Needs the role
// that erases.
func (s *Store) RetryQuarantined(ctx context.Context, no int64, publish func() error) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		if err := a.exec(ctx, "discard_quarantined", []int64{no}); err != nil {
			return err
		}
		return publish()
	})
}
