package store

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

const (
	// partitionsAhead is how many months of relay_check are made in advance.
	partitionsAhead = 12
	// lockEvery and lockTries bound the wait for another process that migrates: one second, an hour long.
	lockEvery = 1
	lockTries = 3600
)

// Migrate brings the schema up to date as its owner and returns how many migrations it applied. Any number of
// processes may call it at once: an advisory lock lets one of them work and the others find it done. It must not go
// through a transaction pooler.
func Migrate(ctx context.Context, ownerURL string, log *slog.Logger) (applied int, err error) {
	return migrateTo(ctx, ownerURL, math.MaxInt64, log)
}

// migrateTo applies the migrations up to a version.
func migrateTo(ctx context.Context, ownerURL string, version int64, log *slog.Logger) (applied int, err error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return 0, fmt.Errorf("read the owner's database URL: %w", err)
	}
	cfg.RuntimeParams["application_name"] = "bigbrotr-migrate"
	cfg.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }() // nothing is open then
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockEvery, lockTries))
	if err != nil {
		return 0, fmt.Errorf("prepare the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, sql.Migrations(),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.UpTo(ctx, version)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	for _, result := range results {
		log.Info("Migration was applied", app.Version, result.Source.Version, app.Took, result.Duration/time.Millisecond)
	}
	return len(results), makePartitions(ctx, db)
}

func makePartitions(ctx context.Context, db *stdsql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to make partitions: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // of what was not committed
	if _, err := tx.ExecContext(ctx, sql.Query("lock_partitions")); err != nil {
		return fmt.Errorf("lock partitions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sql.Query("make_check_partitions"), partitionsAhead); err != nil {
		return fmt.Errorf("make partitions: %w", err)
	}
	return tx.Commit()
}
