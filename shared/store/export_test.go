package store

import (
	"context"
	"net"

	"github.com/jackc/pgx/v5"
)

// MigrateTo lets a test fill a database of an older schema.
var MigrateTo = migrateTo

// Dialer is what connections are made with.
var Dialer func() *net.Dialer = dialer

// StandStill begins a writing transaction and does nothing in it until it is let go on.
func (s *Store) StandStill(ctx context.Context, began func(), goOn <-chan struct{}) error {
	return s.write(ctx, func(pgx.Tx) error {
		began()
		<-goOn
		return nil
	})
}
