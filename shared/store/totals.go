package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Totals is the size of the archive.
type Totals struct {
	Relays         map[string]map[string]int64 // network → state → relays; "unchecked" = no check yet
	Candidates     int64
	GivenUp        int64 // candidates
	Events         int64
	EventsExact    bool // else estimated from Postgres' statistics
	Sightings      int64
	SightingsExact bool
	Quarantined    int64
	LastEventAt    time.Time // when the newest row of event was seen; zero = there is none
}

// Totals returns the size of the archive. It stays cheap: large tables are estimated.
func (s *Store) Totals(ctx context.Context) (t Totals, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		t = Totals{Relays: map[string]map[string]int64{}}
		var last *int64
		err := query(ctx, tx, "totals", []any{&t.Candidates, &t.GivenUp, &t.Events, &t.EventsExact, &t.Sightings,
			&t.SightingsExact, &t.Quarantined, &last}, func() { t.LastEventAt = timeOf(last) })
		if err != nil {
			return err
		}
		var network, state string
		var n int64
		return query(ctx, tx, "totals_states", []any{&network, &state, &n}, func() {
			if t.Relays[network] == nil {
				t.Relays[network] = map[string]int64{}
			}
			t.Relays[network][state] = n
		})
	})
	return t, err
}
