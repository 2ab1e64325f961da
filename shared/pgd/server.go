package pgd

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	defaultUser   = "bigbrotr"
	startTimeout  = 15 * time.Minute // crash recovery replays up to max_wal_size
	replayTimeout = 48 * time.Hour   // and the WAL of days much more
	stopTimeout   = 30 * time.Second
	pollEvery     = 20 * time.Millisecond
)

// Config says where the cluster lives. Only Dir is required.
type Config struct {
	Dir      string            // home of the cluster, created when missing; the data is in Dir/data
	Bin      string            // directory of initdb and postgres; empty searches, see Find
	User     string            // superuser inside Postgres, default bigbrotr; needs no password on the socket
	Archive  string            // directory that every finished WAL file is copied to, created when missing; empty = none is kept
	Settings map[string]string // postgresql.conf names over those of Default; the socket settings cannot be changed
}

// Server is one private Postgres. After Stop, or after its Postgres died, it may be started again.
type Server struct {
	cfg     Config
	log     *slog.Logger
	lock    *os.File
	sockets string
	child   *child
}

// New prepares a server without touching disk or processes.
func New(cfg Config, log *slog.Logger) *Server {
	if cfg.User == "" {
		cfg.User = defaultUser
	}
	return &Server{cfg: cfg, log: log}
}

// Start makes the cluster when there is none, runs Postgres and returns when it takes connections. Ctx bounds the start
// only. After an error nothing is left running.
func (s *Server) Start(ctx context.Context) error {
	if s.child != nil && s.child.runs() {
		return errors.New("start postgres: it runs already")
	}
	s.release()
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	if err := s.start(ctx); err != nil {
		s.Stop()
		return err
	}
	s.log.Info("Postgres was started", app.PID, s.Pid(), app.Dir, s.cfg.Dir)
	return nil
}

func (s *Server) start(ctx context.Context) error {
	home, err := openHome(s.cfg.Dir)
	if err != nil {
		return err
	}
	if s.lock, err = lockDir(home); err != nil {
		return err
	}
	c := cluster{home: home, user: s.cfg.User, bin: s.cfg.Bin, log: s.log}
	if err := c.prepare(ctx, s.cfg.Settings); err != nil {
		return err
	}
	settings, err := c.archiving(s.cfg.Archive, s.cfg.Settings)
	if err != nil {
		return err
	}
	if s.sockets, err = socketDir(c.as, home); err != nil {
		return err
	}
	s.child, err = c.launch(ctx, s.sockets, settings)
	return err
}

// URL is the address of a database for pgx and libpq: the socket, no TCP, no password.
func (s *Server) URL(database string) string {
	query := url.Values{"host": {s.sockets}, "port": {socketPort}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(s.cfg.User), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// Pid is the process id of the postmaster, or 0 when none was started.
func (s *Server) Pid() int {
	if s.child == nil {
		return 0
	}
	return s.child.cmd.Process.Pid
}

// Done is closed when Postgres has ended, for whatever reason. It is nil before Start.
func (s *Server) Done() <-chan struct{} {
	if s.child == nil {
		return nil
	}
	return s.child.done
}

// Err says why Postgres ended although nobody asked it to; nil while it runs and after Stop.
func (s *Server) Err() error {
	if s.child == nil {
		return nil
	}
	return s.child.failure()
}

// Run watches a started server: nil when ctx ends, an error when Postgres dies first. It neither starts nor stops
// it, because the services that use it must end before it does.
func (s *Server) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.Done():
		return s.Err()
	}
}

// Stop asks for a fast shutdown, which ends open transactions, and returns when the child is gone. It may be called
// more than once.
func (s *Server) Stop() {
	if s.child != nil {
		s.child.stop()
	}
	s.release()
}

// release gives back what outlives the child.
func (s *Server) release() {
	if s.sockets != "" {
		os.RemoveAll(s.sockets)
		s.sockets = ""
	}
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}
