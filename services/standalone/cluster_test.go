package standalone_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// cluster is a whole BigBrotr: every service, NATS and Postgres as a process of its own, and a
// network of local relays that keeps a ledger.
type cluster struct {
	t        *testing.T
	dir      string
	postgres *pgd.Server
	nats     *process
	services []*process
	network  *simrelay.Network
	addr     string   // of NATS
	api      string   // address of the API
	monitor  string   // address at which NATS tells about itself
	owner    string   // DSN
	env      []string // of the services, beside what all tests have
}

const (
	brotrPassword = "brotr-in-a-test"
	toolPassword  = "tool-in-a-test"
)

// replicas says how many processes of each service run.
type replicas map[string]int

var one = replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 1, "writer": 1}

// launch starts a cluster over the demo network.
func launch(t *testing.T, counts replicas, demo simrelay.DemoConfig, env ...string) *cluster {
	t.Helper()
	return launchOver(t, counts, func() (*simrelay.Network, error) { return simrelay.Demo(demo) }, env...)
}

// launchOver starts Postgres, NATS and the relays, runs the initializer to its end and starts the
// services.
func launchOver(t *testing.T, counts replicas, network func() (*simrelay.Network, error), env ...string) *cluster {
	t.Helper()
	c := prepare(t, network)
	c.env = env
	init := c.process("initializer", 0)
	init.start(t)
	if code := init.wait(time.Minute); code != 0 {
		t.Fatalf("initializer ended with %d:\n%s", code, init.tail(30))
	}
	for _, name := range []string{"writer", "finder", "validator", "monitor", "publisher", "synchronizer", "api"} {
		for i := range counts[name] {
			c.services = append(c.services, c.process(name, i))
		}
	}
	for _, p := range c.services {
		p.start(t)
	}
	return c
}

func prepare(t *testing.T, network func() (*simrelay.Network, error)) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "brotr-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // Postgres never runs as root and must get in
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: dir, addr: freeAddr(t), monitor: freeAddr(t), api: freeAddr(t)}
	t.Cleanup(c.stop)
	c.postgres = pgd.New(pgd.Config{Dir: filepath.Join(dir, "postgres")}, testkit.Log(t))
	if err := c.postgres.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.owner = c.postgres.URL("postgres")
	c.nats = c.natsServer()
	c.nats.start(t)
	if c.network, err = network(); err != nil {
		t.Fatal(err)
	}
	return c
}

// natsServer prepares a server that syncs before it acknowledges, with two users: the services'
// and that of an outside tool.
func (c *cluster) natsServer() *process {
	host, port, _ := net.SplitHostPort(c.addr)
	tool := natsd.LeastPrivilegeTool()
	conf := fmt.Sprintf("host: %s\nport: %s\nhttp: %s\nmax_payload: 1MB\njetstream { store_dir: %q, sync_interval: always, max_file_store: 40GB }\n%s",
		host, port, c.monitor, filepath.Join(c.dir, "nats"), natsd.Conf([]natsd.User{{Name: "brotr"}, tool}))
	path := filepath.Join(c.dir, "nats.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return &process{
		name: "nats", path: build(c.t, "github.com/nats-io/nats-server/v2"), args: []string{"-c", path},
		env: []string{"NATS_BROTR_PASSWORD=" + brotrPassword, "NATS_TOOL_PASSWORD=" + toolPassword},
		log: filepath.Join(c.dir, "nats.log"),
	}
}

// process prepares one replica of a service.
func (c *cluster) process(service string, replica int) *process {
	return &process{
		name: fmt.Sprintf("%s-%d", service, replica),
		path: build(c.t, "github.com/bigbrotr/bigbrotr-go/services/cmd/bigbrotr"),
		args: []string{"run", service},
		log:  filepath.Join(c.dir, fmt.Sprintf("%s-%d.log", service, replica)),
		env: append([]string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir,
			"NATS_URL=" + c.url("brotr", brotrPassword),
			"DATABASE_URL=" + testkit.WriterURL(c.owner), "DATABASE_READ_URL=" + testkit.ReaderURL(c.owner), "DATABASE_OWNER_URL=" + c.owner,
			"DATA_DIR=" + c.dir, "OPS_LISTEN=127.0.0.1:0", "API_LISTEN=" + c.api, "SEED_FILE=none", "LOG_LEVEL=info",
			"RELAY_ALLOW_CIDRS=127.0.0.0/8", "RELAY_MAX_REQUESTS=0", "CLEARNET_CHECK_TIMEOUT=2s", "CLEARNET_REQUEST_TIMEOUT=5s",
			"SYNC_RETRY_PAUSE=100ms", "SYNC_RETRIES=7", "FINDER_SOURCES=none", "MONITOR_CANARIES=none",
		}, c.env...),
	}
}

func (c *cluster) url(user, password string) string {
	return fmt.Sprintf("nats://%s:%s@%s", user, password, c.addr)
}

// bus connects as the services do.
func (c *cluster) bus() *bus.Bus {
	c.t.Helper()
	b, err := bus.Connect(c.t.Context(), bus.Config{URL: c.url("brotr", brotrPassword), Name: "test"}, testkit.Log(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(b.Close)
	return b
}

// inject publishes the URLs of all relays in one message, as a person would.
func (c *cluster) inject(urls []string) {
	c.t.Helper()
	if err := c.bus().Publish(c.t.Context(), bus.Message{Subject: subject.Found, Body: []byte(strings.Join(urls, "\n"))}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) stop() {
	for _, p := range c.services {
		p.stop()
	}
	if c.nats != nil {
		c.nats.stop()
	}
	if c.postgres != nil {
		c.postgres.Stop()
	}
	if c.network != nil {
		c.network.Stop()
	}
	if c.t.Failed() {
		for _, p := range append(c.services, c.nats) {
			c.t.Logf("%s:\n%s", p.name, p.tail(15))
		}
		c.t.Logf("logs and data are kept in %s", c.dir)
		return
	}
	_ = os.RemoveAll(c.dir)
}

// report logs the peak memory of every service and fails above the bound.
func (c *cluster) report(maxMB int) {
	for _, p := range c.services {
		p.signal(0)
		c.t.Logf("%-16s peak memory %4d MB", p.name, p.peak/1024)
		if p.peak/1024 > maxMB {
			c.t.Errorf("%s took %d MB of memory, want at most %d", p.name, p.peak/1024, maxMB)
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	address, err := simrelay.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// over starts relays that are not the demo's.
func over(relays ...*simrelay.Relay) func() (*simrelay.Network, error) {
	return func() (*simrelay.Network, error) {
		n := &simrelay.Network{}
		for _, r := range relays {
			n.Members = append(n.Members, &simrelay.Member{Relay: r, Expect: simrelay.Expect{Outcome: simrelay.Complete}})
			if err := r.Start(); err != nil {
				n.Stop()
				return nil, err
			}
		}
		return n, nil
	}
}
