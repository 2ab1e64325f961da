package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/sql"
)

// Backup is what a look at a restored archive found. What should be 0 is a count of things that are wrong.
type Backup struct {
	Schema       int64 `json:"schema"`        // version, of what is restored
	WantedSchema int64 `json:"wanted_schema"` // version, of this build
	Recovering   bool  `json:"recovering"`    // it is a copy that does not take writes yet
	Missing      error `json:"-"`             // what VerifySchema says: tables, columns, functions, roles, grants

	WrongOwner int64 `json:"wrong_owner"`  // objects that belong to somebody else than the rest
	Coverage   int64 `json:"bad_coverage"` // intervals of relays or filters that are gone
	Returned   int64 `json:"returned"`     // tombstones whose events are back

	Events    int64 `json:"events"`    // read and hashed again, signatures included
	Damaged   int64 `json:"damaged"`   // of them: not what their id and signature say
	Sightings int64 `json:"sightings"` // looked at
	Orphans   int64 `json:"orphans"`   // of them: the event or the relay is gone
}

// Good says whether nothing is wrong.
func (b *Backup) Good() bool {
	return b.Schema == b.WantedSchema && !b.Recovering && b.Missing == nil &&
		b.WrongOwner+b.Coverage+b.Returned+b.Damaged+b.Orphans == 0
}

// sampleRun is how many events in a row one sample reads.
const sampleRun = 50

// errSampled ends the reading of a sample.
var errSampled = errors.New("enough")

// CheckBackup looks at an archive that was restored: its schema, roles and grants, ownership, coverage and tombstones as a
// whole, and some events with their sightings from random places, each hashed again and its signature checked.
func (s *Store) CheckBackup(ctx context.Context, sample int) (b Backup, err error) {
	b.Missing = s.VerifySchema(ctx)
	if b.WantedSchema, err = wantedSchema(); err != nil {
		return b, err
	}
	var high int64
	err = s.read(ctx, func(tx pgx.Tx) error {
		return query(ctx, tx, "backup_report", []any{&b.Schema, &b.Recovering, &b.WrongOwner, &b.Coverage, &b.Returned, &high}, func() {})
	})
	if err != nil {
		return b, fmt.Errorf("look at the archive: %w", err)
	}
	runs := (sample + sampleRun - 1) / sampleRun
	if high <= sampleRun {
		runs = min(runs, 1) // that is all of it
	}
	for range runs {
		if err := s.sampleRun(ctx, &b, rand.Int64N(high+1)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// sampleRun reads events from a number on.
func (s *Store) sampleRun(ctx context.Context, b *Backup, from int64) error {
	n := 0
	err := s.Events(ctx, Selection{ByArrival: true, After: Position{No: max(from-sampleRun, 0)}}, func(one Stored) error {
		if n++; n > sampleRun {
			return errSampled
		}
		if errors.Is(one.Err, ErrLight) {
			return nil
		}
		if b.Events++; one.Err != nil || !one.Event.CheckSignature() {
			b.Damaged++
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSampled) {
		return err
	}
	return s.read(ctx, func(tx pgx.Tx) error {
		var orphans, seen int64
		return query(ctx, tx, "orphan_sightings", []any{&orphans, &seen}, func() {
			b.Orphans, b.Sightings = b.Orphans+orphans, b.Sightings+seen
		}, max(from-sampleRun, 0), int64(sampleRun))
	})
}

// wantedSchema is the newest migration of this build.
func wantedSchema() (version int64, err error) {
	names, err := fs.Glob(sql.Migrations(), "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("list migrations: %w", errors.Join(err, errors.New("there are none")))
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	return strconv.ParseInt(number, 10, 64)
}
