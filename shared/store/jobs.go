package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// Job is a ball that should exist: a relay, or candidate, that a job is to visit.
type Job struct {
	URL    string
	Tries  int       // validations so far
	NextAt time.Time // zero = it was never scheduled
}

var jobStatements = map[string]string{
	subject.JobValidate: "jobs_validate",
	subject.JobCheck:    "jobs_check",
	subject.JobSync:     "jobs_sync",
}

// Jobs calls yield for every ball that a job should have: validate for candidates that are open, check for all relays,
// sync for relays whose last check could read. It stops at yield's first error and returns it.
func (s *Store) Jobs(ctx context.Context, job string, yield func(Job) error) error {
	statement, ok := jobStatements[job]
	if !ok {
		return fmt.Errorf("job %q has no statement", job)
	}
	// Not repeated after a lost connection: yield has seen a part.
	return s.transact(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, "begin_read", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql.Query(statement))
		if err != nil {
			return named(statement, err)
		}
		var j Job
		var next *int64
		_, err = pgx.ForEachRow(rows, []any{&j.URL, &j.Tries, &next}, func() error {
			j.NextAt = timeOf(next)
			return yield(j)
		})
		return named(statement, err)
	})
}
