package alerter

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// hook subscribes a webhook to the watched relay.
func hook(r *receiver, more string) string {
	return fmt.Sprintf("subscriptions:\n  - name: ops\n    relays: [\"*.example.com\"]\n    webhook: %s/hook?token=secret\n    quiet: 0s\n%s", r.URL, more)
}

func TestDownAndRecoveryReachTheWebhookOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.alerts(hook(r, "    secret_file: "+secret))
	p.told(1, "up")
	p.told(2, "down")
	testkit.Until(t, "the first alert", func() bool { return len(r.got()) == 1 })
	p.checked(round(3, "down"))
	p.checked(round(4, "dead"))    // still down
	p.checked(round(5, "blocked")) // says nothing of the relay
	elsewhere := round(6, "up")
	elsewhere.Vantage = "elsewhere"
	p.checked(elsewhere)
	p.told(7, "up")
	testkit.Until(t, "the second alert", func() bool { return len(r.got()) == 2 })
	p.checked(round(8, "authonly")) // still serves
	p.told(9, "down")
	testkit.Until(t, "the third alert", func() bool { return len(r.got()) == 3 })
	posts := r.got()
	for i, want := range []string{"down", "recovery", "down"} {
		a := posts[i].alert
		if a.Kind != want || a.Relay != string(watched) || a.Subscription != "ops" || a.Vantage != "test" || a.Changes != 1 || a.Text == "" {
			t.Errorf("alert %d got %+v, want %s", i+1, a, want)
		}
	}
	if posts[0].alert.ID == posts[2].alert.ID {
		t.Error("two failures have the same id")
	}
	mac := hmac.New(sha256.New, []byte("hush"))
	fmt.Fprintf(mac, "%s.%s", posts[0].header.Get("BigBrotr-Time"), posts[0].body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); posts[0].header.Get("BigBrotr-Signature") != want {
		t.Errorf("got signature %q, want %q", posts[0].header.Get("BigBrotr-Signature"), want)
	}
}

// The bucket forgets what is not written for a while: what still holds is, long before.
func TestWhatStillHoldsIsWrittenAnew(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	p.alerts(hook(r, ""))
	p.told(1, "up")
	m, route, revision := p.memory("the baseline", func(m memory) bool { return m.Told == "up" })
	m.WrittenAt = time.Now().Add(-subject.AlertsKeep - time.Hour).Unix()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.bus.Alerts().Update(t.Context(), route.memoryKey(watched), text, revision); err != nil {
		t.Fatal(err)
	}
	p.checked(round(2, "up"))
	p.memory("the same, written anew", func(m memory) bool { return m.Told == "up" && !m.expiring() })
}

func TestQuietTimeMakesOneAlertOfManyChanges(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	p.alerts(hook(r, "    quiet_hours: \"\"\n"))
	p.told(1, "up")
	m, route, revision := p.memory("the baseline", func(m memory) bool { return m.Told == "up" })
	m.ToldAt = time.Now().Add(time.Hour).Unix() // as if an alert had just gone out, with an hour of quiet
	if err := route.remember(t.Context(), watched, m, revision); err != nil {
		t.Fatal(err)
	}
	p.told(2, "down")
	p.told(3, "up")
	p.told(4, "down")
	m, route, revision = p.memory("three changes", func(m memory) bool { return m.Changes == 3 })
	if n := len(r.got()); n != 0 {
		t.Fatalf("got %d alerts in quiet time, want none", n)
	}
	m.ToldAt = time.Now().Add(-time.Minute).Unix() // the hour is over
	if err := route.remember(t.Context(), watched, m, revision); err != nil {
		t.Fatal(err)
	}
	p.checked(round(5, "down"))
	testkit.Until(t, "the alert", func() bool { return len(r.got()) == 1 })
	if a := r.got()[0].alert; a.Kind != "down" || a.Changes != 3 {
		t.Errorf("got %+v, want one alert about three changes", a)
	}
	p.memory("nothing left to tell", func(m memory) bool { return m.Changes == 0 && m.Told == "down" })
}

func TestWhatNobodyAskedForIsNotTold(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	p.alerts(hook(r, "    on: [recovery]\n"))
	p.told(1, "up")
	p.told(2, "down")
	other := round(3, "down")
	other.Relay = "wss://a.example.org"
	p.checked(other)
	p.told(4, "up")
	testkit.Until(t, "the alert", func() bool { return len(r.got()) == 1 })
	if a := r.got()[0].alert; a.Kind != "recovery" || a.Relay != string(watched) {
		t.Errorf("got %+v, want the recovery alone", a)
	}
}

func TestEachCertificateIsToldOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	p.alerts(hook(r, ""))
	cert := func(name string, days int) document.Certificate {
		return document.Certificate{SHA256: name, NotAfter: time.Now().AddDate(0, 0, days).Unix(), Issuer: "CN=Test"}
	}
	for i, c := range []document.Certificate{cert("far", 60), cert("first", 13), cert("first", 13), cert("renewed", 90), cert("second", -1)} {
		p.checked(round(i, "up"), c)
		p.memory("the certificate", func(m memory) bool {
			return m.Told == "up" && (c.NotAfter > time.Now().AddDate(0, 0, 20).Unix() || m.Certificate == c.SHA256)
		})
	}
	posts := r.got()
	if len(posts) != 2 || posts[0].alert.Certificate.SHA256 != "first" || posts[1].alert.Certificate.SHA256 != "second" {
		t.Fatalf("got %+v, want the first and the second certificate", posts)
	}
	if posts[0].alert.Kind != "certificate" || posts[0].alert.Text == posts[1].alert.Text {
		t.Errorf("got %q and %q, want one that ends and one that ended", posts[0].alert.Text, posts[1].alert.Text)
	}
}

func TestAReceiverThatIsAwayGetsTheSameAlertLater(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 500, 302, 429)
	p := newPlace(t, r.Server)
	p.alerts(hook(r, ""))
	p.told(1, "up")
	p.told(2, "down")
	p.memory("the alert told", func(m memory) bool { return m.Told == "down" && m.Changes == 0 })
	posts := r.got()
	if len(posts) != 4 {
		t.Fatalf("got %d attempts, want three refused and one taken", len(posts))
	}
	for _, one := range posts {
		if one.alert.ID != posts[0].alert.ID || one.header.Get("BigBrotr-Alert") != posts[0].alert.ID {
			t.Errorf("got id %s, want %s each time", one.alert.ID, posts[0].alert.ID)
		}
	}
}

func TestARestartTellsNothingTwice(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	stop := p.alerts(hook(r, ""))
	p.told(1, "up")
	p.told(2, "down")
	testkit.Until(t, "the alert", func() bool { return len(r.got()) == 1 })
	stop()
	p.checked(round(3, "up")) // nobody reads
	p.checked(round(4, "down"))
	p.alerts(hook(r, ""))
	p.checked(round(5, "down"))
	p.told(6, "up")
	testkit.Until(t, "the recovery", func() bool { return len(r.got()) == 2 })
	if a := r.got()[1].alert; a.Kind != "recovery" {
		t.Errorf("got %+v, want the recovery: what was true in between is not told", a)
	}
}

func TestNoWebhookReachesInside(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	p := newPlace(t, r.Server)
	p.options.Allow = nil
	err := p.alerter().post(t.Context(), r.URL+"/hook?token=hidden", nil, Alert{ID: "x"})
	if err == nil || len(r.got()) != 0 {
		t.Errorf("got %v and %d requests, want a private address refused", err, len(r.got()))
	}
	if got := fmt.Sprint(err); got == "" || strings.Contains(got, "hidden") {
		t.Errorf("got %q, want an error that does not repeat the address", got)
	}
}

func TestAMadeUpAlertReachesEveryWay(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	ours := ownRelay(t, simrelay.Manners{})
	p := newPlace(t, r.Server)
	p.cfg.PrivateKey, p.cfg.Relays = app.NewSecret(sender), []string{ours.URL()}
	p.cfg.Subscriptions = filepath.Join(t.TempDir(), "alerts.yaml")
	list := hook(r, "    nostr: "+keyOf(t, reader).PubKey().String()+"\n")
	if err := os.WriteFile(p.cfg.Subscriptions, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	try := func(name string) (ways []string, err error) {
		err = Try(t.Context(), p.cfg, netconf.Config{Vantage: "test"}, p.options, testkit.Reader(t, p.dsn), name, func(way string, err error) {
			ways = append(ways, fmt.Sprint(way, " ", err))
		})
		return ways, err
	}
	if ways, err := try("ops"); err != nil || fmt.Sprint(ways) != "[webhook <nil> nostr <nil>]" {
		t.Errorf("got %v, %v, want both ways taken", ways, err)
	}
	if posts := r.got(); len(posts) != 1 || ours.Len() != 1 {
		t.Errorf("got %d posts and %d messages, want one by each way", len(posts), ours.Len())
	}
	if _, err := try("nobody"); !errors.Is(err, ErrNoSubscription) {
		t.Errorf("an unknown name got %v, want that told", err)
	}
}

// TestWithoutSubscriptionsItWaits: a service that ended by itself would be started again and again.
func TestWithoutSubscriptionsItWaits(t *testing.T) {
	p := newPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.alerter().Run(ctx) }()
	select {
	case err := <-ended:
		t.Fatalf("got an end (%v) without a stop, want none", err)
	case <-time.After(500 * time.Millisecond):
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v after a stop, want nil", err)
	}
}
