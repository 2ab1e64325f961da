package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Server is what Postgres says of itself.
type Server struct {
	Version           int    // as server_version_num: 150004 is 15.4
	SynchronousCommit string // of a writing transaction of ours this is always at least "on"
	Fsync             string
	User              string
	Roles             []string // those of bigbrotr_reader and bigbrotr_writer that exist
}

// Server asks the server what it is.
func (s *Store) Server(ctx context.Context) (server Server, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		return query(ctx, tx, "server", []any{&server.Version, &server.SynchronousCommit, &server.Fsync, &server.User,
			&server.Roles}, func() {})
	})
	return server, err
}
