package standalone

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/services/alerter"
	"github.com/bigbrotr/bigbrotr-go/services/api"
	"github.com/bigbrotr/bigbrotr-go/services/eraser"
	"github.com/bigbrotr/bigbrotr-go/services/finder"
	"github.com/bigbrotr/bigbrotr-go/services/initializer"
	"github.com/bigbrotr/bigbrotr-go/services/monitor"
	"github.com/bigbrotr/bigbrotr-go/services/publisher"
	"github.com/bigbrotr/bigbrotr-go/services/refresher"
	"github.com/bigbrotr/bigbrotr-go/services/synchronizer"
	"github.com/bigbrotr/bigbrotr-go/services/validator"
	"github.com/bigbrotr/bigbrotr-go/services/writer"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

// Config is every setting of every service. Each service reads its own part; nothing is set in two places.
type Config struct {
	App          app.Config
	Database     Database
	NATS         NATS
	Streams      Streams
	DataDir      string `env:"DATA_DIR" envDefault:"./data" help:"directory of the embedded NATS server and of the private Postgres"`
	ArchiveDir   string `env:"POSTGRES_ARCHIVE_DIR" help:"directory to which the private Postgres copies its WAL, for restores to any moment; empty = none is kept"`
	Network      netconf.Config
	Initializer  initializer.Config
	Finder       finder.Config
	Validator    validator.Config
	Monitor      monitor.Config
	Publisher    publisher.Config
	Alerter      alerter.Config
	API          api.Config
	Synchronizer synchronizer.Config
	Writer       writer.Config
	Eraser       eraser.Config
	Retention    retention.Config
	Refresher    refresher.Config

	// Progress is where words for people go while everything runs; nil = nowhere.
	Progress io.Writer `env:"-"`
}

// Database says how Postgres is reached, by role.
type Database struct {
	URL          app.Secret `env:"DATABASE_URL" help:"Postgres as the role that writes; empty = a private one under DATA_DIR, in run all"`
	ReadURL      app.Secret `env:"DATABASE_READ_URL" help:"Postgres as the role that reads; empty = DATABASE_URL"`
	OwnerURL     app.Secret `env:"DATABASE_OWNER_URL" help:"Postgres as the owner of the schema, for the initializer; empty = DATABASE_URL"`
	EraserURL    app.Secret `env:"DATABASE_ERASER_URL" help:"Postgres as the role that erases; empty = DATABASE_OWNER_URL"`
	RefresherURL app.Secret `env:"DATABASE_REFRESHER_URL" help:"Postgres as the role that keeps counters and cleans up, for the refresher; empty = DATABASE_OWNER_URL"`
	MaxConns     int32      `env:"DATABASE_MAX_CONNS" envDefault:"0" range:"0..200" help:"connections of each service; 0 = 8 for the writer and the refresher, 16 for the API and 4 for the others"`
	Pooled       bool       `env:"DATABASE_POOLED" envDefault:"false" help:"a transaction pooler stands between; DATABASE_OWNER_URL must go around it"`
}

// NATS says how the broker is reached.
type NATS struct {
	URL         app.Secret `env:"NATS_URL" help:"nats://[user:password@]host:port, several separated by commas; empty = an embedded server, in run all"`
	Creds       string     `env:"NATS_CREDS" help:"credentials file for NATS_URL"`
	InboxPrefix string     `env:"NATS_INBOX_PREFIX" help:"inbox of this process, where the server's users have inboxes of their own; empty = _BROTR_INBOX"`
	Monitoring  string     `env:"NATS_MONITORING_URL" help:"http://host:8222 of the server; with it, doctor can see whether the server syncs before it acknowledges"`
	Listen      string     `env:"NATS_LISTEN" envDefault:"127.0.0.1:4222" help:"address of the embedded server"`
}

// Load reads an environment and reports everything that is wrong with it at once.
func Load(environ map[string]string) (Config, error) {
	cfg, err := app.Load[Config](environ)
	return cfg, errors.Join(err, cfg.check())
}

// check holds the rules that no single range can tell.
func (c Config) check() error {
	var problems []error
	for name, secret := range map[string]app.Secret{"DATABASE_URL": c.Database.URL,
		"DATABASE_READ_URL": c.Database.ReadURL, "DATABASE_OWNER_URL": c.Database.OwnerURL,
		"DATABASE_ERASER_URL": c.Database.EraserURL, "DATABASE_REFRESHER_URL": c.Database.RefresherURL} {
		if !secret.IsZero() && c.Database.URL.IsZero() {
			problems = append(problems, fmt.Errorf("%s: DATABASE_URL must be set, too", name))
		}
	}
	if c.NATS.Creds != "" && c.NATS.URL.IsZero() {
		problems = append(problems, errors.New("NATS_CREDS: NATS_URL must be set, too"))
	}
	return errors.Join(append(problems, c.Network.Validate(), c.Initializer.Validate(), c.Finder.Validate(), c.Monitor.Validate(), c.Publisher.Validate(c.Self()), c.Alerter.Validate(), c.API.Validate(), c.Synchronizer.Validate(), c.Retention.Validate())...)
}

// Self is what the monitor of this configuration announces of itself.
func (c Config) Self() publisher.Self {
	self := publisher.Self{PrivateKey: c.Monitor.PrivateKey, Interval: c.Monitor.LongestInterval(c.Network.Enabled)}
	for _, d := range c.Monitor.Deadlines(c.Network.Limits(relay.Clearnet).CheckTimeout) {
		self.Checks = append(self.Checks, publisher.Question{Check: d.Check, Timeout: d.After})
	}
	return self
}

// Settings lists every variable that Load reads, in the order of the reference.
func Settings() []app.Setting { return app.Settings[Config]() }

// places returns where the configuration says the outside systems are; what it does not say is empty.
func (c Config) places() Places {
	p := Places{NATS: c.NATS.URL.Reveal(), Monitoring: c.NATS.Monitoring, Writer: c.Database.URL.Reveal(),
		Reader: c.Database.ReadURL.Reveal(), Owner: c.Database.OwnerURL.Reveal(), Eraser: c.Database.EraserURL.Reveal(),
		Refresher: c.Database.RefresherURL.Reveal(), Ops: c.App.OpsListen}
	if p.Reader == "" {
		p.Reader = p.Writer
	}
	if p.Owner == "" {
		p.Owner = p.Writer
	}
	if p.Eraser == "" {
		p.Eraser = p.Owner
	}
	if p.Refresher == "" {
		p.Refresher = p.Owner
	}
	return p
}

// dir returns a directory under DATA_DIR.
func (c Config) dir(name string) string { return filepath.Join(c.DataDir, name) }

// as returns a connection string with another user and no password, for the private Postgres.
func as(dsn, user string) string {
	u, err := url.Parse(dsn)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return dsn // ours is always a URL
	}
	u.User = url.User(user)
	return u.String()
}
