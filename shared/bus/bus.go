package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// Config says which server to connect to.
type Config struct {
	URL   string // nats://host:port, several separated by commas
	Creds string // credentials file; empty = what the URL carries
	Name  string // shown in the server's list of connections

	InboxPrefix string // where answers come in, without a dot at the end; empty = subject.ServiceInbox
}

// Bus is a connection to NATS. It is safe for concurrent use.
type Bus struct {
	conn *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger

	progressEvery time.Duration // between two reports that a message is in work
}

// requestTimeout bounds one request to the JetStream API and one wait for an ack.
const requestTimeout = 10 * time.Second

// Connect connects, and goes on trying until it succeeds or ctx ends. A connection that is
// lost later is restored for ever in the background.
func Connect(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	options := []nats.Option{
		nats.Name(cfg.Name),
		nats.CustomInboxPrefix(cmp.Or(cfg.InboxPrefix, subject.ServiceInbox)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500 * time.Millisecond),
		nats.ReconnectJitter(500*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1), // a publish fails at once instead of pretending
		nats.Timeout(5 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS connection was lost", app.Err, err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("NATS connection was restored") }),
	}
	if cfg.Creds != "" {
		options = append(options, nats.UserCredentials(cfg.Creds))
	}
	for attempt := 0; ; attempt++ {
		conn, err := nats.Connect(cfg.URL, options...)
		if err == nil {
			return wrap(conn, log)
		}
		if attempt%10 == 0 {
			log.Warn("NATS was not reachable; trying again", app.Err, err)
		}
		if !app.Sleep(ctx, jitter(time.Second)) {
			return nil, fmt.Errorf("connect to NATS: %w", errors.Join(err, ctx.Err()))
		}
	}
}

func wrap(conn *nats.Conn, log *slog.Logger) (*Bus, error) {
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(requestTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	return &Bus{conn: conn, js: js, log: log, progressEvery: progressEvery}, nil
}

// Close sends what is buffered, acks above all, and closes the connection.
func (b *Bus) Close() {
	_ = b.conn.FlushTimeout(2 * time.Second)
	b.conn.Close()
}

// Ready returns nil if the server answers and every stream and consumer is as declared.
func (b *Bus) Ready(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return fmt.Errorf("not connected to NATS (%s)", b.conn.Status())
	}
	for _, stream := range subject.Streams(subject.DefaultBounds()) {
		if err := b.checkStream(ctx, stream); err != nil {
			return err
		}
	}
	return nil
}

// stream looks up a stream that Apply has made.
func (b *Bus) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	stream, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", name, classify(err))
	}
	return stream, nil
}

// Check returns nil if the server answers.
func (b *Bus) Check(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return fmt.Errorf("not connected to NATS (%s)", b.conn.Status())
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("ask JetStream: %w", err)
	}
	return nil
}
