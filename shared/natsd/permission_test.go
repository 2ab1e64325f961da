package natsd_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const answer = 2 * time.Second

// users are one of ours, who may do everything, and one outsider.
func users() []natsd.User {
	tool := natsd.LeastPrivilegeTool()
	tool.Password = "tool-password"
	return []natsd.User{{Name: "brotr", Password: "brotr-password"}, tool}
}

// world creates the streams of the product as far as permissions care.
func world(t *testing.T, url string) (ours *nats.Conn) {
	t.Helper()
	ours, js := dial(t, url, nats.UserInfo("brotr", "brotr-password"), nats.CustomInboxPrefix(natsd.ServiceInbox))
	for name, subjects := range map[string][]string{
		"FOUND":  {"brotr.relay.found", "brotr.relay.found.>"},
		"TASKS":  {"brotr.task.>", "brotr.later.>"},
		"INGEST": {"brotr.ingest.>"},
		"EVENTS": {"brotr.event.>"},
		"RELAYS": {"brotr.relay.up.>", "brotr.relay.down.>", "brotr.check.>"},
	} {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: subjects, AllowDirect: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{"brotr.event.1.00", "brotr.relay.up.clearnet.a", "brotr.ingest.pages"} {
		if _, err := js.Publish(t.Context(), subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.CreateConsumer(t.Context(), "EVENTS", jetstream.ConsumerConfig{Durable: "finder"}); err != nil {
		t.Fatal(err)
	}
	return ours
}

// violations collects what the server refuses on a connection.
func violations() (nats.Option, chan error) {
	refused := make(chan error, 100)
	return nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			refused <- err
		}
	}), refused
}

func TestToolPermissions(t *testing.T) {
	s := start(t, natsd.Config{Users: users()})
	world(t, s.URL())
	permissionMatrix(t, s.URL())
}

// The same users, rendered for a server of their own, must behave the same.
func TestRenderedPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(path, []byte(natsd.Conf(users())), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NATS_BROTR_PASSWORD", "brotr-password")
	t.Setenv("NATS_TOOL_PASSWORD", "tool-password")
	options, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.NoSigs = "127.0.0.1", server.RANDOM_PORT, true
	options.JetStream, options.StoreDir = true, t.TempDir()
	n, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(func() { n.Shutdown(); n.WaitForShutdown() })
	if !n.ReadyForConnections(answer) {
		t.Fatal("the server with the rendered file is not ready")
	}
	world(t, n.ClientURL())
	permissionMatrix(t, n.ClientURL())
}

// permissionMatrix publishes and subscribes each subject on a real connection and looks at what the server says.
func permissionMatrix(t *testing.T, url string) {
	onError, refused := violations()
	nc, _ := dial(t, url, nats.UserInfo("tool", "tool-password"), onError)
	for _, c := range permissionCases {
		for len(refused) > 0 {
			<-refused
		}
		if c.subscribe {
			sub, err := nc.SubscribeSync(c.subject)
			if err != nil {
				t.Fatal(err)
			}
			defer sub.Unsubscribe()
		} else if err := nc.Publish(c.subject, nil); err != nil {
			t.Fatal(err)
		}
		if err := nc.FlushTimeout(answer); err != nil {
			t.Fatal(err)
		}
		if got := settled(refused, c.allowed); got == c.allowed {
			t.Errorf("%s (subscribe %t): got refused %t, want allowed %t", c.subject, c.subscribe, got, c.allowed)
		}
	}
}

// settled tells whether a refusal came. The server answers in order, so the pong of Flush is behind it, but the
// client hands it to its handler on a goroutine of its own; only an expected refusal is worth a long wait.
func settled(refused chan error, allowed bool) bool {
	patience := answer
	if allowed {
		patience = 30 * time.Millisecond
	}
	select {
	case <-refused:
		return true
	case <-time.After(patience):
		return false
	}
}

type permissionCase struct {
	subject            string
	subscribe, allowed bool
}

var permissionCases = []permissionCase{
	{subject: "brotr.relay.found", allowed: true},
	{subject: "brotr.relay.found.mylist", allowed: true},
	{subject: "brotr.svc.relay.add", allowed: true},
	{subject: "brotr.svc.relay.check", allowed: true},
	{subject: "brotr.svc.relay"},
	{subject: "brotr.svc.other"},
	{subject: "brotr.relay.up.clearnet.a"},
	{subject: "brotr.relay.accepted.clearnet.a"},
	{subject: "brotr.check.clearnet.a"},
	{subject: "brotr.event.1.00.aa"},
	{subject: "brotr.event.1.00"},
	{subject: "brotr.task.sync.clearnet.a"},
	{subject: "brotr.later.sync.clearnet.a"},
	{subject: "brotr.ingest.pages"},
	{subject: "brotr.dead.writer"},
	{subject: "_INBOX.x"},
	{subject: natsd.ServiceInbox + ".x"},
	{subject: "$KV.leases.a"},
	{subject: "$SYS.REQ.SERVER.PING"},
	{subject: "$JS.API.INFO", allowed: true},
	{subject: "$JS.API.STREAM.INFO.EVENTS", allowed: true},
	{subject: "$JS.API.STREAM.INFO.RELAYS", allowed: true},
	{subject: "$JS.API.STREAM.INFO.INGEST"},
	{subject: "$JS.API.STREAM.NAMES"},
	{subject: "$JS.API.STREAM.LIST"},
	{subject: "$JS.API.STREAM.PURGE.EVENTS"},
	{subject: "$JS.API.STREAM.DELETE.EVENTS"},
	{subject: "$JS.API.STREAM.UPDATE.EVENTS"},
	{subject: "$JS.API.STREAM.CREATE.OWN"},
	{subject: "$JS.API.STREAM.MSG.DELETE.EVENTS"},
	{subject: "$JS.API.STREAM.SNAPSHOT.EVENTS"},
	{subject: "$JS.API.STREAM.RESTORE.EVENTS"},
	{subject: "$JS.API.STREAM.MSG.GET.EVENTS", allowed: true},
	{subject: "$JS.API.STREAM.MSG.GET.INGEST"},
	{subject: "$JS.API.DIRECT.GET.RELAYS", allowed: true},
	{subject: "$JS.API.DIRECT.GET.EVENTS.brotr.event.1.00", allowed: true},
	{subject: "$JS.API.DIRECT.GET.TASKS"},
	{subject: "$JS.API.CONSUMER.CREATE.EVENTS.mine", allowed: true},
	{subject: "$JS.API.CONSUMER.CREATE.EVENTS.mine.brotr.event.1.*", allowed: true},
	{subject: "$JS.API.CONSUMER.DURABLE.CREATE.RELAYS.mine", allowed: true},
	{subject: "$JS.API.CONSUMER.RESET.EVENTS.mine", allowed: true},
	{subject: "$JS.API.CONSUMER.DELETE.EVENTS.mine", allowed: true},
	{subject: "$JS.API.CONSUMER.NAMES.EVENTS", allowed: true},
	{subject: "$JS.API.CONSUMER.LIST.RELAYS", allowed: true},
	{subject: "$JS.API.CONSUMER.CREATE.INGEST.mine"},
	{subject: "$JS.API.CONSUMER.CREATE.FOUND.mine"},
	{subject: "$JS.API.CONSUMER.DURABLE.CREATE.TASKS.mine"},
	{subject: "$JS.API.CONSUMER.MSG.NEXT.TASKS.sync_clearnet"},
	{subject: "$JS.API.CONSUMER.NAMES.TASKS"},
	{subject: "$JS.API.CONSUMER.PAUSE.EVENTS.mine"},
	{subject: "$JS.API.CONSUMER.INFO.EVENTS.finder", allowed: true},
	{subject: "$JS.API.CONSUMER.CREATE.EVENTS.finder"},
	{subject: "$JS.API.CONSUMER.CREATE.EVENTS.finder.brotr.event.1.*"},
	{subject: "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.finder"},
	{subject: "$JS.API.CONSUMER.MSG.NEXT.EVENTS.finder"},
	{subject: "$JS.API.CONSUMER.DELETE.EVENTS.finder"},
	{subject: "$JS.API.CONSUMER.RESET.EVENTS.finder"},
	{subject: "$JS.ACK.EVENTS.mine.1.1.1.1.0", allowed: true},
	{subject: "$JS.ACK.EVENTS.finder.1.1.1.1.0"},
	{subject: "$JS.ACK.INGEST.writer.1.1.1.1.0"},
	{subject: "brotr.event.>", subscribe: true, allowed: true},
	{subject: "brotr.event.1.*.aa", subscribe: true, allowed: true},
	{subject: "brotr.relay.>", subscribe: true, allowed: true},
	{subject: "brotr.relay.down.>", subscribe: true, allowed: true},
	{subject: "brotr.check.>", subscribe: true, allowed: true},
	{subject: "_INBOX.abc.*", subscribe: true, allowed: true},
	{subject: "brotr.svc.relay.add", subscribe: true},
	{subject: "brotr.svc.relay.check", subscribe: true},
	{subject: "brotr.relay.found", subscribe: true},
	{subject: "brotr.relay.found.>", subscribe: true},
	{subject: "brotr.task.>", subscribe: true},
	{subject: "brotr.later.>", subscribe: true},
	{subject: "brotr.ingest.>", subscribe: true},
	{subject: "brotr.dead.>", subscribe: true},
	{subject: "brotr.>", subscribe: true},
	{subject: ">", subscribe: true},
	{subject: natsd.ServiceInbox + ".>", subscribe: true},
	{subject: "$JS.API.>", subscribe: true},
	{subject: "$JS.ACK.>", subscribe: true},
	{subject: "$SYS.>", subscribe: true},
}

func TestToolReadsThroughConsumersOfItsOwn(t *testing.T) {
	s := start(t, natsd.Config{Users: users()})
	world(t, s.URL())
	nc, js := dial(t, s.URL(), nats.UserInfo("tool", "tool-password"))
	for _, stream := range []string{"EVENTS", "RELAYS"} {
		c, err := js.CreateConsumer(t.Context(), stream, jetstream.ConsumerConfig{Durable: "mine", AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			t.Fatal(err)
		}
		msg, err := c.Next(jetstream.FetchMaxWait(answer))
		if err != nil {
			t.Fatal(err)
		}
		if err := msg.DoubleAck(t.Context()); err != nil {
			t.Errorf("acknowledge on %s: got %v", stream, err)
		}
	}
	ordered, err := js.OrderedConsumer(t.Context(), "EVENTS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ordered.Next(jetstream.FetchMaxWait(answer)); err != nil {
		t.Errorf("ordered consumer: got %v", err)
	}
	if _, err := js.Publish(t.Context(), "brotr.relay.found", []byte("wss://relay.damus.io")); err != nil {
		t.Errorf("announce a relay: got %v", err)
	}
	if nc.LastError() != nil {
		t.Errorf("got %v on the connection, want nothing refused", nc.LastError())
	}
}

// A tool that listens to every inbox and to all relay facts must see neither announcements nor a service's fetch.
func TestToolDoesNotSeeWorkQueues(t *testing.T) {
	s := start(t, natsd.Config{Users: users()})
	ours := world(t, s.URL())
	nc, _ := dial(t, s.URL(), nats.UserInfo("tool", "tool-password"))
	seen := make(chan *nats.Msg, 100)
	for _, subject := range []string{"_INBOX.>", "brotr.relay.>"} {
		if _, err := nc.ChanSubscribe(subject, seen); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.FlushTimeout(answer); err != nil {
		t.Fatal(err)
	}
	fetchIngest(t, ours)
	for _, subject := range []string{"brotr.relay.found", "brotr.relay.found.x", "brotr.relay.down.clearnet.last"} {
		if err := ours.Publish(subject, []byte("secret")); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case msg := <-seen:
		if msg.Subject != "brotr.relay.down.clearnet.last" {
			t.Errorf("the tool saw %s, want only the public fact", msg.Subject)
		}
	case <-time.After(answer):
		t.Error("the tool did not see the public fact")
	}
}

// fetchIngest reads one message of a work queue as a service does.
func fetchIngest(t *testing.T, ours *nats.Conn) {
	t.Helper()
	js, err := jetstream.New(ours)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := js.CreateConsumer(t.Context(), "INGEST", jetstream.ConsumerConfig{Durable: "writer"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Next(jetstream.FetchMaxWait(answer)); err != nil {
		t.Fatal(err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	s := start(t, natsd.Config{Users: users()})
	for _, login := range []nats.Option{nats.Name("nobody"), nats.UserInfo("tool", "wrong"), nats.UserInfo("root", "")} {
		if nc, err := nats.Connect(s.URL(), login); err == nil {
			nc.Close()
			t.Error("got a connection without a valid password")
		} else if !strings.Contains(err.Error(), "Authorization") {
			t.Errorf("got %v, want an authorization error", err)
		}
	}
}

func TestRenderedFileIsFrozen(t *testing.T) {
	got := natsd.Conf([]natsd.User{{Name: "brotr", Password: "hidden"}, natsd.LeastPrivilegeTool()})
	testkit.Golden(t, "testdata/nats.conf", got)
}

// The limit that LeastPrivilegeTool names: a reply subject is not checked, so an answer can land anywhere.
func TestReplySubjectsAreNotChecked(t *testing.T) {
	s := start(t, natsd.Config{Users: users()})
	ours := world(t, s.URL())
	nc, _ := dial(t, s.URL(), nats.UserInfo("tool", "tool-password"))
	tasks, err := ours.SubscribeSync("brotr.task.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := ours.FlushTimeout(answer); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest("brotr.relay.found", "brotr.task.sync.clearnet.a", []byte("wss://a.example")); err != nil {
		t.Fatal(err)
	}
	msg, err := tasks.NextMsg(answer)
	if err != nil {
		t.Fatalf("got %v: the server now checks replies; drop the warning on LeastPrivilegeTool", err)
	}
	if !strings.Contains(string(msg.Data), `"stream":"FOUND"`) {
		t.Errorf("got %q, want a publish ack", msg.Data)
	}
}
