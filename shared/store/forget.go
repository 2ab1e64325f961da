package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/sql"
)

// ForgetCoverage makes a relay's history unproven, so that the next turn walks all of it again. Events and sightings
// stay. Only the owner of the schema may do that: the writer never deletes what it proved.
func (s *Store) ForgetCoverage(ctx context.Context, relayURL string) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql.Query("delete_coverage"), relayURL)
		return named("delete_coverage", err)
	})
}
