package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// maxNamed bounds how many missing objects one error names.
const maxNamed = 10

// VerifySchema returns nil if every table, view, column, function, role and grant is there; else it names what is
// missing. A missing one means that the initializer has not run, or that somebody changed the schema by hand.
func (s *Store) VerifySchema(ctx context.Context) error {
	var missing []string
	err := s.read(ctx, func(tx pgx.Tx) error {
		missing = nil
		var name string
		return query(ctx, tx, "missing_objects", []any{&name}, func() { missing = append(missing, name) })
	})
	if err != nil {
		return fmt.Errorf("verify the schema: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing[:min(len(missing), maxNamed)], ", ")
	return fmt.Errorf("schema lacks %d objects (run the initializer): %s", len(missing), list)
}
