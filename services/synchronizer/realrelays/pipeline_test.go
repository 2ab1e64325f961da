package realrelays

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/synchronizer"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// pipeline is one synchronizer and a writer loop on a real NATS and a real Postgres.
type pipeline struct {
	t    *testing.T
	dsn  string
	bus  *bus.Bus
	url  string
	stop func()
}

func pipe(t *testing.T, url string) *pipeline {
	t.Helper()
	p := &pipeline{t: t, dsn: testkit.Postgres(t), bus: testkit.NATS(t), url: url}
	archive := testkit.Store(t, p.dsn)
	ctx, cancel := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := testkit.Write(ctx, p.bus, archive); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); writer.Wait() })
	return p
}

// start runs a synchronizer until stop is called, with these settings beside those of a test.
func (p *pipeline) start(settings ...string) {
	p.t.Helper()
	environ := map[string]string{
		"RELAY_ALLOW_CIDRS": "127.0.0.0/8", "RELAY_MAX_REQUESTS": "0", "SYNC_REQUIRE_READABLE": "false", "SYNC_RETRY_PAUSE": "100ms",
		"CLEARNET_REQUEST_TIMEOUT": "5s", "SYNC_LIVE_WAIT": "20ms", "SYNC_OVERRIDES": p.overrides(),
		"SYNC_PRIVATE_KEY": "0000000000000000000000000000000000000000000000000000000000000003",
	}
	for i := 0; i+1 < len(settings); i += 2 {
		environ[settings[i]] = settings[i+1]
	}
	cfg, err := app.Load[struct {
		Network netconf.Config
		Sync    synchronizer.Config
	}](environ)
	if err != nil {
		p.t.Fatal(err)
	}
	options, err := cfg.Network.Options()
	if err != nil {
		p.t.Fatal(err)
	}
	log := testkit.Log(p.t)
	s := synchronizer.New(cfg.Sync, cfg.Network, options, budget.New(cfg.Network, p.bus, log), p.bus, testkit.Reader(p.t, p.dsn), log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			p.t.Errorf("run: %v", err)
		}
	})
	p.stop = func() { cancel(); running.Wait() }
	p.t.Cleanup(p.stop)
}

// overrides lets the relay know who asks.
func (p *pipeline) overrides() string {
	path := filepath.Join(p.t.TempDir(), "overrides.yaml")
	if err := os.WriteFile(path, []byte("overrides:\n- relay: "+p.url+"\n  auth: true\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// visited is the last visit as it is archived.
type visited struct {
	Started, Ended       int64
	Outcome, Reason      string
	Requests             int
	Bytes, Fresh, Known  int64
	Late, Missing, Heard int64
}

// turn has the relay visited and returns when the visit is archived.
func (p *pipeline) turn() visited {
	p.t.Helper()
	p.age(0) // visits are told apart by the second
	before := p.visit()
	if err := p.bus.Now(p.t.Context(), subject.JobSync, bus.Task{URL: p.url, Network: subject.Clearnet}); err != nil {
		p.t.Fatal(err)
	}
	testkit.Until(p.t, "a visit", func() bool { v := p.visit(); return v.Started > before.Started || v.Ended > before.Ended })
	return p.visit()
}

// turns has the relay visited until a walk came to its end, and adds the visits up.
func (p *pipeline) turns() (sum visited) {
	p.t.Helper()
	for range 20 {
		v := p.turn()
		sum.Requests, sum.Bytes, sum.Late, sum.Missing = sum.Requests+v.Requests, sum.Bytes+v.Bytes, sum.Late+v.Late, sum.Missing+v.Missing
		sum.Fresh, sum.Known, sum.Outcome, sum.Reason = sum.Fresh+v.Fresh, sum.Known+v.Known, v.Outcome, v.Reason
		if sum.Heard++; v.Outcome == "done" {
			return sum
		}
	}
	p.t.Fatalf("got %+v after 20 turns, want one that is done", sum)
	return sum
}

func (p *pipeline) visit() visited {
	p.t.Helper()
	rows := testkit.Rows[visited](p.t, p.dsn, `
		SELECT started_at, ended_at, outcome, coalesce(reason, ''), requests, bytes, new_events, known_events, late_events, missing_events, live_events
		FROM visit WHERE job = 'sync'`)
	if len(rows) == 0 {
		return visited{}
	}
	return rows[0]
}

// age moves all that was walked so many days back.
func (p *pipeline) age(days int) {
	p.t.Helper()
	testkit.Exec(p.t, p.dsn, "UPDATE coverage SET walked_on = walked_on - "+strconv.Itoa(days)+
		"; UPDATE visit SET started_at = started_at - 10, ended_at = ended_at - 10"+
		"; UPDATE sighting SET first_seen = first_seen - 10, last_seen = last_seen - 10")
}

// archived are the ids that the archive has seen at the relay, and whether they are missing there.
func (p *pipeline) archived() map[event.ID]bool {
	p.t.Helper()
	type row struct {
		ID      []byte
		Missing bool
	}
	ids := map[event.ID]bool{}
	for _, r := range testkit.Rows[row](p.t, p.dsn, "SELECT id, missing_since IS NOT NULL FROM event JOIN sighting USING (event_no)") {
		ids[event.ID(r.ID)] = r.Missing
	}
	return ids
}

func (p *pipeline) number(query string) int64 {
	p.t.Helper()
	return testkit.Number(p.t, p.dsn, query)
}
