package publisher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

var (
	noSecret    app.Secret
	otherSecret = app.NewSecret("5f1c8a0000000000000000000000000000000000000000000000000000000002")
)

func mustKey(t *testing.T, text string) event.Key {
	t.Helper()
	key, err := event.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestValidateReportsEverythingAndNoSecret(t *testing.T) {
	wrong := Config{Relays: []string{"wss://ok.example.com", "nonsense", "http//x y"}, PublicKey: strings.Repeat("a", 64), Geohash: "ail", Publish: []string{"tls", "colour"}}
	err := wrong.Validate(Self{PrivateKey: app.NewSecret(secret)})
	for _, want := range []string{`"nonsense"`, `"http//x y"`, "MONITOR_PUBLIC_KEY", "MONITOR_GEOHASH", `MONITOR_PUBLISH: got "colour"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s named", err, want)
		}
	}
	if strings.Contains(fmt.Sprint(err), secret) {
		t.Error("the error shows the secret")
	}
	public := mustKey(t, secret).PubKey().String()
	for name, c := range map[string]Config{"empty": {}, "checked": {PublicKey: public, Geohash: "u33db2", Relays: []string{"wss://a.example.com", "ws://127.0.0.1:7777"}}} {
		if err := c.Validate(Self{PrivateKey: app.NewSecret(secret)}); err != nil {
			t.Errorf("%s: got %v, want nil", name, err)
		}
	}
	if err := (Config{PublicKey: public}).Validate(Self{}); err != nil {
		t.Errorf("without a secret key got %v, want nil: nothing is published", err)
	}
}

func TestPublishRelaysAreTakenOnce(t *testing.T) {
	got, err := Config{Relays: []string{"wss://a.example.com", "wss://A.example.com/", "ws://a.example.com"}}.relays()
	if err != nil || len(got) != 2 {
		t.Errorf("got %v, %v, want two relays", got, err)
	}
}

func TestPreviewSaysWhyNothingWouldBePublished(t *testing.T) {
	e, err := Preview(Config{}, Self{}, Report{Check: answered(monitored)})
	if err != nil || checkEvent(&e) != nil {
		t.Errorf("got %v, want a valid event by a new key", err)
	}
	down := answered(monitored)
	down.State = "down"
	if _, err := Preview(Config{}, Self{}, Report{Check: down}); err == nil {
		t.Error("a relay that is down got an event, want an error")
	}
}
