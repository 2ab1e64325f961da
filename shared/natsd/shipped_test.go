package natsd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// shipped starts a server with deploy/nats/nats.conf, but for its port and directory, and returns how a user connects.
func shipped(t *testing.T) func(user string) bus.Config {
	t.Helper()
	const conf = "../../deploy/nats/nats.conf"
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$(NATS_[A-Z]+_PASSWORD)`).FindAllStringSubmatch(string(text), -1) {
		t.Setenv(m[1], "a-password")
	}
	options, err := server.ProcessConfigFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.HTTPPort, options.StoreDir, options.NoSigs = "127.0.0.1", server.RANDOM_PORT, 0, t.TempDir(), true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	return func(user string) bus.Config {
		return bus.Config{URL: fmt.Sprintf("nats://%s:a-password@%s", user, s.Addr()), Name: user, InboxPrefix: "_INBOX_" + user}
	}
}

func as(t *testing.T, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), cfg, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestTheShippedUsersOfFactsCanDoTheirWork has publisher and alerter do with the shipped permissions what they do: make a
// consumer of RELAYS, read it, remember, and hand over.
func TestTheShippedUsersOfFactsCanDoTheirWork(t *testing.T) {
	user := shipped(t)
	admin := user("admin")
	admin.InboxPrefix = "_INBOX_admin"
	if _, err := as(t, admin).Apply(t.Context(), subject.DefaultBounds().Within(256<<20)); err != nil {
		t.Fatal(err)
	}
	on := subject.Check("clearnet", "a_example_com")
	if err := as(t, user("writer")).Publish(t.Context(), bus.Message{Subject: on, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for name, bucket := range map[string]string{"publisher": subject.BucketState, "alerter": subject.BucketAlerts} {
		b := as(t, user(name))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		read := ""
		err := b.EachOf(ctx, subject.FactConsumer(name, subject.StartLast, "main"), 1, func(_ context.Context, d *bus.Delivery) error {
			read = d.Subject
			cancel()
			return nil
		})
		cancel()
		if err != nil || read != on {
			t.Errorf("%s read %q, %v, want the fact", name, read, err)
		}
		if err := b.Ready(t.Context()); err != nil {
			t.Errorf("%s is not ready: %v", name, err)
		}
		if _, err := b.Bucket(bucket).Create(t.Context(), "a", []byte("{}")); err != nil {
			t.Errorf("%s cannot remember: %v", name, err)
		}
	}
	if err := as(t, user("publisher")).Ingest(t.Context(), subject.IngestPublications, &ingest.Batch{}); err != nil {
		t.Errorf("publisher cannot hand over: %v", err)
	}
}

// TestTheShippedUserOfTheAPICanDoItsWork has it hand a wish to a monitor, both with the shipped permissions.
func TestTheShippedUserOfTheAPICanDoItsWork(t *testing.T) {
	user := shipped(t)
	admin := user("admin")
	admin.InboxPrefix = "_INBOX_admin"
	if _, err := as(t, admin).Apply(t.Context(), subject.DefaultBounds().Within(256<<20)); err != nil {
		t.Fatal(err)
	}
	api := as(t, user("api"))
	if err := api.Ready(t.Context()); err != nil {
		t.Errorf("the API is not ready: %v", err)
	}
	if _, err := api.Request(t.Context(), subject.RelayCheck, []byte("wss://a.com")); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("without a monitor: got %v, want ErrNobody", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	monitor := as(t, user("monitor"))
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := monitor.Serve(ctx, subject.RelayCheck, func(_ context.Context, body []byte) ([]byte, error) { return body, nil }); err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
	})
	testkit.Until(t, "the monitor's answer", func() bool {
		answer, err := api.Request(ctx, subject.RelayCheck, []byte("wss://a.com"))
		return err == nil && string(answer) == "wss://a.com"
	})
	cancel()
	serving.Wait()
}
