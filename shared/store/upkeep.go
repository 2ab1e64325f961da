package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// upkeepRows is how many rows one transaction of upkeep removes.
const upkeepRows = 10_000

// MakeCheckPartitions makes the partitions of relay_check of the coming months, and returns how many were missing. Needs
// the role of the refresher.
func (s *Store) MakeCheckPartitions(ctx context.Context, months int) (made int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		if err := a.exec(ctx, "lock_partitions"); err != nil {
			return err
		}
		return a.query(ctx, "make_check_partitions", []any{&made}, func() {}, months)
	})
	return made, err
}

// DropQuarantined forgets some of what came into quarantine before a time; 0 means that nothing is left of it. Needs the
// role of the refresher.
func (s *Store) DropQuarantined(ctx context.Context, before time.Time) (int, error) {
	return s.drop(ctx, "begin_write", "drop_quarantine", before.Unix(), upkeepRows)
}

// DropOrphans removes some documents that nothing refers to; 0 means that there is none left. A writer may be about to
// refer to one, so none works beside it. Needs the role of the refresher.
func (s *Store) DropOrphans(ctx context.Context) (int, error) {
	return s.drop(ctx, "begin_erase", "drop_orphans", upkeepRows)
}

// FoldRejects adds up some of what turns before a time refused, by relay, job and reason; 0 means that nothing is left to add.
// A turn must not be reported again after that. Needs the role of the refresher.
func (s *Store) FoldRejects(ctx context.Context, before time.Time) (int, error) {
	return s.drop(ctx, "begin_write", "fold_rejects", before.Unix(), upkeepRows)
}

func (s *Store) drop(ctx context.Context, begin, statement string, args ...any) (dropped int, err error) {
	err = s.transact(ctx, pgx.TxOptions{}, begin, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		dropped, err = a.count(ctx, statement, args...)
		return err
	})
	return dropped, err
}

// Upkeep is what is remembered of a job of the refresher.
type Upkeep struct {
	Name        string
	SucceededAt time.Time // zero = never
	Took        time.Duration
	Did         int64 // rows
	FailedAt    time.Time
	Error       string
}

// NoteUpkeep remembers that a job ended well, or why it did not. Needs the role of the refresher.
func (s *Store) NoteUpkeep(ctx context.Context, j Upkeep, failed error) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		if failed != nil {
			return a.exec(ctx, "note_failure", j.Name, j.FailedAt.Unix(), short(plain(failed.Error()), maxJobError))
		}
		return a.exec(ctx, "note_job", j.Name, j.SucceededAt.Unix(), j.Took.Milliseconds(), j.Did)
	})
}

const maxJobError = 1024

// Upkeeps returns what is remembered of the jobs of the refresher, by name.
func (s *Store) Upkeeps(ctx context.Context) (jobs []Upkeep, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		jobs = nil
		var j Upkeep
		var succeeded, failed *int64
		var took int64
		return query(ctx, tx, "jobs_done", []any{&j.Name, &succeeded, &took, &j.Did, &failed, &j.Error}, func() {
			j.SucceededAt, j.FailedAt, j.Took = timeOf(succeeded), timeOf(failed), time.Duration(took)*time.Millisecond
			jobs = append(jobs, j)
		})
	})
	return jobs, err
}
