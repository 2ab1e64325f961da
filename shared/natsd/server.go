package natsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	defaultListen     = "127.0.0.1:4222"
	defaultMaxPayload = 1 << 20
	maxMemory         = 256 << 20 // leases and slots live in memory
	startTimeout      = 30 * time.Second
	readyPoll         = 250 * time.Millisecond
)

// Config says where the server listens and what it may use. The zero value of every field but Dir is a usable default.
type Config struct {
	Dir        string       // store directory, created when missing; one server at a time
	Listen     string       // host:port, default 127.0.0.1:4222; port 0 picks a free one
	SyncAlways bool         // fsync before every publish ack; the default run sets it, tests need not
	MaxStore   int64        // bytes all streams together may take; 0 is a share of the free disk, see Budget
	MaxPayload int32        // bytes of one message, default 1 MiB
	Users      []User       // none means that every connection on Listen may do everything
	LogTo      *slog.Logger // every line of the server; nil sends its warnings and errors to the logger of New
}

// Server is one embedded NATS server. It is started at most once.
type Server struct {
	cfg  Config
	log  *slog.Logger
	nats *server.Server
	lock *os.File
}

// New prepares a server without touching disk or network.
func New(cfg Config, log *slog.Logger) *Server {
	if cfg.Listen == "" {
		cfg.Listen = defaultListen
	}
	if cfg.MaxPayload == 0 {
		cfg.MaxPayload = defaultMaxPayload
	}
	return &Server{cfg: cfg, log: log}
}

// Start opens the store and returns when clients can connect. After an error nothing is left running.
func (s *Server) Start(ctx context.Context) error {
	options, err := s.prepare()
	if err != nil {
		return err
	}
	if err := s.launch(ctx, options); err != nil {
		s.Stop()
		return err
	}
	s.log.Info("NATS server was started", app.Addr, s.URL(), app.Dir, s.cfg.Dir, app.Bytes, options.JetStreamMaxStore)
	return nil
}

// prepare takes the directory and settles the options that depend on the machine.
func (s *Server) prepare() (*server.Options, error) {
	host, port, err := splitListen(s.cfg.Listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create store directory: %w", err)
	}
	if s.cfg.MaxStore == 0 {
		if s.cfg.MaxStore, err = Budget(s.cfg.Dir); err != nil {
			return nil, err
		}
	}
	if s.lock, err = lockDir(s.cfg.Dir); err != nil {
		return nil, err
	}
	return &server.Options{
		ServerName: "bigbrotr", Host: host, Port: port, NoSigs: true, MaxPayload: s.cfg.MaxPayload,
		JetStream: true, StoreDir: s.cfg.Dir, SyncAlways: s.cfg.SyncAlways, DisableJetStreamBanner: true,
		JetStreamMaxStore: s.cfg.MaxStore, JetStreamMaxMemory: maxMemory, Users: accounts(s.cfg.Users),
	}, nil
}

// launch runs the server until it accepts clients, or reports the first fatal line it wrote.
func (s *Server) launch(ctx context.Context, options *server.Options) error {
	n, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("configure broker: %w", err)
	}
	s.nats = n
	lines := newLines(s.cfg.LogTo, s.log)
	n.SetLoggerV2(lines, false, false, false)
	n.Start()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for ctx.Err() == nil {
		if n.ReadyForConnections(readyPoll) {
			return nil
		}
		if text := lines.fatal(); text != "" {
			return s.explain(text)
		}
	}
	return fmt.Errorf("wait for broker on %s: %w", s.cfg.Listen, ctx.Err())
}

// explain turns the server's last words into something a person can act on.
func (s *Server) explain(text string) error {
	if strings.Contains(text, "address already in use") {
		return fmt.Errorf("listen on %s: the port is in use, probably by another NATS server; stop it, choose another "+
			"address for the embedded one, or set NATS_URL to use the one that is running", s.cfg.Listen)
	}
	return fmt.Errorf("start broker: %s", app.Quote(text))
}

// URL is where clients connect, with the port that was really taken. It is empty before Start.
func (s *Server) URL() string {
	if s.nats == nil || s.nats.Addr() == nil {
		return ""
	}
	return "nats://" + s.nats.Addr().String()
}

// Stop shuts the server down and returns when nothing of it is left. It may be called more than once.
func (s *Server) Stop() {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// splitListen turns host:port into the server's options, where -1 means a free port and 0 its own default.
func splitListen(listen string) (string, int, error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("read broker address %q: %w", listen, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("read broker port %q: %w", text, errors.Unwrap(err))
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}
