package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// Config says how to reach Postgres and how to behave there.
type Config struct {
	URL              string        // DSN or postgres:// URL
	MaxConns         int32         // connections of the pool, 0 = 4
	Service          string        // application_name is bigbrotr-<Service>
	StatementTimeout time.Duration // of every statement, 0 = 60 s
	IdleTimeout      time.Duration // between two statements of a transaction that writes, 0 = 30 s; Postgres ends it then. Erasing waits no longer for writers
	Pooled           bool          // a transaction pooler stands between: no session state, no named statements
}

const (
	defaultConns     = 4
	defaultTimeout   = 60 * time.Second
	defaultIdle      = 30 * time.Second
	acquireTimeout   = 10 * time.Second
	idleTime         = 5 * time.Minute
	lifetime         = time.Hour
	lifetimeJitter   = 6 * time.Minute
	connectTimeout   = 10 * time.Second
	readAttempts     = 3
	firstReread      = 100 * time.Millisecond
	firstReconnect   = time.Second
	slowestReconnect = 10 * time.Second
	pauseSpread      = 0.25 // share of a pause that chance decides
)

// Store is a pool of connections. It is safe for concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	log     *slog.Logger
	timeout time.Duration
	idle    time.Duration
	relays  *numbers // url → relay_no
	filters *numbers // sha256 → filter_no
}

// Open checks the configuration. It does no I/O: the first use or Connect does.
func Open(cfg Config, log *slog.Logger) (*Store, error) {
	pgxCfg, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	pgxCfg.MaxConns = cmp.Or(max(cfg.MaxConns, 0), defaultConns)
	pgxCfg.MaxConnIdleTime, pgxCfg.MaxConnLifetime, pgxCfg.MaxConnLifetimeJitter = idleTime, lifetime, lifetimeJitter
	conn := pgxCfg.ConnConfig
	conn.ConnectTimeout, conn.DialFunc = connectTimeout, dialer().DialContext
	conn.RuntimeParams["application_name"] = "bigbrotr-" + cfg.Service
	conn.RuntimeParams["timezone"] = "UTC"
	if cfg.Pooled {
		conn.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), pgxCfg)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return &Store{pool: pool, log: log, relays: newNumbers(), filters: newNumbers(),
		timeout: cmp.Or(max(cfg.StatementTimeout, 0), defaultTimeout), idle: cmp.Or(max(cfg.IdleTimeout, 0), defaultIdle)}, nil
}

// Connect returns when Postgres answers. It goes on trying, 1 to 10 s apart, until ctx ends.
func (s *Store) Connect(ctx context.Context) error {
	for wait := firstReconnect; ; wait = min(2*wait, slowestReconnect) {
		err := s.Ready(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			s.log.Warn("Postgres was not reachable; trying again", app.Wait, wait.Milliseconds(), app.Err, err)
		}
		if !app.Sleep(ctx, app.Jitter(wait, pauseSpread)) {
			return fmt.Errorf("connect to Postgres: %w", errors.Join(err, ctx.Err()))
		}
	}
}

// Ready returns nil if Postgres answers.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ask Postgres: %w", err)
	}
	return nil
}

// Close closes every connection; it waits for those in use.
func (s *Store) Close() { s.pool.Close() }

// write runs do in one transaction that is on disk when write returns nil.
func (s *Store) write(ctx context.Context, do func(pgx.Tx) error) error {
	return s.transact(ctx, pgx.TxOptions{}, "begin_write", do)
}

// read runs do in a read-only transaction, and again if its connection was lost. do must be able to start over.
func (s *Store) read(ctx context.Context, do func(pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.transact(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, "begin_read", do)
		if err == nil || attempt == readAttempts || ctx.Err() != nil || Classify(err) != Infrastructure {
			return err
		}
		if !app.Sleep(ctx, app.Jitter(time.Duration(attempt)*firstReread, pauseSpread)) {
			return err
		}
	}
}

func (s *Store) transact(ctx context.Context, options pgx.TxOptions, begin string, do func(pgx.Tx) error) error {
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) error {
		limits := []any{milliseconds(s.timeout)}
		if options.AccessMode != pgx.ReadOnly {
			limits = append(limits, milliseconds(s.idle))
		}
		if _, err := tx.Exec(ctx, sql.Query(begin), limits...); err != nil {
			return fmt.Errorf("prepare the session: %w", err)
		}
		return do(tx)
	})
	if err != nil && conn.Conn().IsClosed() {
		return &lostError{err}
	}
	return err
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, &lostError{fmt.Errorf("get a connection: %w", err)}
	}
	return conn, nil
}
