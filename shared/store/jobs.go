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
	Tries  int       // failures in a row; of a check, 1 where there was none yet
	NextAt time.Time // zero = it was never scheduled
}

// jobStatement returns the statement that lists a job's balls, and what it asks for.
func jobStatement(job string) (statement string, args []any) {
	if vantage, ok := subject.VantageOf(job); ok {
		return "jobs_check", []any{vantage}
	}
	return map[string]string{subject.JobValidate: "jobs_validate", subject.JobSync: "jobs_sync"}[job], nil
}

// Jobs calls yield for every ball that a job should have: validate for candidates that are open, check for all relays, as
// they were seen from the job's vantage, sync for relays whose last check could read. It stops at yield's first error and returns it.
func (s *Store) Jobs(ctx context.Context, job string, yield func(Job) error) error {
	statement, args := jobStatement(job)
	if statement == "" {
		return fmt.Errorf("job %q has no statement", job)
	}
	// Not repeated after a lost connection: yield has seen a part.
	return s.transact(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, "begin_read", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql.Query(statement), args...)
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
