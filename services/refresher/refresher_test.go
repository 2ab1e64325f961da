package refresher_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/services/refresher"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	relayA = "wss://a.example.com"
	relayB = "wss://b.example.com"
)

// place is what a refresher works in.
type place struct {
	*testing.T
	dsn, nats string
	writer    *store.Store
}

func newPlace(t *testing.T) *place {
	dsn, url := testkit.Postgres(t), testkit.NATSURL(t)
	testkit.OpenStreams(t, url)
	return &place{t, dsn, url, testkit.Store(t, dsn)}
}

// start runs a refresher until the test ends or stop is called.
func (p *place) start(cfg refresher.Config) (stop func()) {
	cfg.Interval, cfg.RetentionParts = 100*time.Millisecond, time.Hour
	r := refresher.New(cfg, testkit.Connect(p, p.nats), testkit.Refresher(p, p.dsn), testkit.Log(p))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			p.Errorf("Run: got %v, want nil", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.Cleanup(stop)
	return stop
}

// write stores n new events of the last minutes, on a relay.
func (p *place) write(relay string, n int) {
	p.Helper()
	key, now := event.GenerateKey(), time.Now()
	page := &ingest.Page{PageId: make([]byte, 16), Parts: 1, Relay: relay, Vantage: "main", Filter: "{}", Since: 1, Until: 0, SeenAt: now.Unix()}
	for i := range n {
		e := key.Sign(now.Unix()-int64(i), 1, nil, fmt.Sprint(relay, i))
		page.Events = append(page.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: 1, Tags: e.Tags, Content: e.Content})
	}
	if _, err := p.writer.Write(p.Context(), []*ingest.Batch{{Version: 1, Pages: []*ingest.Page{page}}}, store.WriteOptions{}); err != nil {
		p.Fatal(err)
	}
}

func (p *place) until(what, query string, want int64) {
	p.Helper()
	testkit.Until(p, what, func() bool { return testkit.Number(p, p.dsn, query) == want })
}

const succeeded = "SELECT count(*) FROM maintenance WHERE succeeded_at IS NOT NULL"

func TestEveryJobIsDoneAndRemembered(t *testing.T) {
	p := newPlace(t)
	p.write(relayA, 30)
	p.start(refresher.Config{RetentionChecks: time.Hour})
	p.until("eight jobs done", succeeded, 8)
	p.write(relayB, 12)
	p.until("counters", "SELECT coalesce(sum(events), 0) FROM kind_counts", 42)
	p.until("last hour", "SELECT events FROM window_counts WHERE window_name = '1h'", 42)
	p.until("authors of the last day", "SELECT authors FROM window_counts WHERE window_name = '24h'", 2)
	p.until("last month", "SELECT events FROM window_counts WHERE window_name = '30d'", 42)
	p.until("authors of clearnet", "SELECT authors FROM network_counts WHERE network = 'clearnet'", 2)
	p.until("events on one relay", "SELECT coalesce(sum(events), 0)::bigint FROM replication_factors WHERE relays = 1", 42)
	p.until("partitions", "SELECT count(*) FROM pg_inherits WHERE inhparent = 'relay_check'::regclass AND inhrelid::regclass::text > 'relay_check_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AND inhrelid::regclass::text < 'relay_check_o'", 12)
	if got := metric(t, "bigbrotr_refresher_job_succeeded_timestamp_seconds", "counters"); time.Since(time.Unix(int64(got), 0)) > time.Minute {
		t.Errorf("last success of the counters: got %v, want a moment ago", got)
	}
}

// TestAJobThatFailsStopsNoOther takes a table away from one job, and gives it back.
func TestAJobThatFailsStopsNoOther(t *testing.T) {
	p := newPlace(t)
	testkit.Exec(t, p.dsn, "ALTER TABLE window_count RENAME TO window_count_away")
	p.start(refresher.Config{})
	p.until("the seven others", succeeded, 7)
	p.until("the failure", "SELECT count(*) FROM maintenance WHERE job = 'windows' AND failed_at IS NOT NULL AND error LIKE '%window_count%'", 1)
	p.write(relayA, 5)
	p.until("counters", "SELECT coalesce(sum(events), 0) FROM kind_counts", 5)
	testkit.Exec(t, p.dsn, "ALTER TABLE window_count_away RENAME TO window_count")
	p.until("the job itself", succeeded, 8)
}

// TestOneRefresherWorksAtATime stops the one that leads; the other takes over.
func TestOneRefresherWorksAtATime(t *testing.T) {
	p := newPlace(t)
	first := p.start(refresher.Config{})
	p.until("the first one's jobs", succeeded, 8)
	p.start(refresher.Config{})
	first()
	p.write(relayA, 9)
	p.until("counters", "SELECT coalesce(sum(events), 0) FROM kind_counts", 9)
}

func TestRetention(t *testing.T) {
	p := newPlace(t)
	testkit.Exec(t, p.dsn, `
		INSERT INTO page_part VALUES (decode(repeat('00', 16), 'hex'), 0, 1), (decode(repeat('00', 16), 'hex'), 1, extract(epoch FROM now()));
		INSERT INTO quarantine (sha256, raw, reason, quarantined_at) VALUES (decode(repeat('01', 32), 'hex'), '', 'old', 1),
			(decode(repeat('02', 32), 'hex'), '', 'new', extract(epoch FROM now()));
		INSERT INTO document (sha256, body) VALUES (decode(repeat('03', 32), 'hex'), 'orphan');
		INSERT INTO relay_reject SELECT no, job, turn, 'bad_hex', turn FROM generate_series(1, 2) AS no, unnest(ARRAY['sync', 'live']) AS job, generate_series(5, 9) AS turn;
		INSERT INTO relay_reject SELECT 1, 'sync', extract(epoch FROM now()) - turn, 'bad_hex', 100 FROM generate_series(1, 3) AS turn;
		INSERT INTO relay_check (relay_no, vantage, checked_at, check_name, ok) VALUES (1, 'main', 1, 'open', true)`)
	p.start(refresher.Config{RetentionQuarantine: time.Hour, RetentionChecks: time.Hour})
	p.until("jobs", succeeded, 8)
	for query, want := range map[string]int64{"SELECT count(*) FROM page_part": 1, "SELECT count(*) FROM quarantine": 1,
		"SELECT count(*) FROM relay_reject": 7, "SELECT sum(events)::bigint FROM relay_reject": 440, "SELECT max(started_at) FROM relay_reject WHERE relay_no = 2": 9,
		"SELECT count(*) FROM document": 0, "SELECT count(*) FROM relay_check": 0} {
		if got := testkit.Number(t, p.dsn, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}

// metric returns a metric of a job.
func metric(t *testing.T, name, job string) float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && m.GetLabel()[0].GetValue() == job {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("%s of %s: got none", name, job)
	return 0
}
