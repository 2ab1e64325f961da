package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type network struct {
	Proxy   string        `env:"PROXY" help:"SOCKS5 proxy"`
	Timeout time.Duration `env:"CHECK_TIMEOUT" envDefault:"30s" range:"1s..180s" help:"time for one check"`
}

type sample struct {
	Config
	Batch    int             `env:"WRITER_BATCH_EVENTS" envDefault:"5000" range:"1..5000" help:"events in one transaction"`
	Port     uint16          `env:"PORT" range:"1024.." help:"a port"`
	Backoff  []time.Duration `env:"VALIDATOR_BACKOFF" envDefault:"10m,1h" range:"1m..168h" help:"waits between tries"`
	Max      Size            `env:"EVENT_MAX_BYTES" envDefault:"512KiB" range:"1KiB.." help:"largest event"`
	Insecure bool            `env:"RELAY_ALLOW_INSECURE_TLS" help:"accept bad certificates"`
	Database Secret          `env:"DATABASE_URL" help:"address of Postgres"`
	Key      Secret          `env:"MONITOR_PRIVATE_KEY"`
	Tor      network         `envPrefix:"TOR_"`
	I2P      network         `envPrefix:"I2P_"`
	Derived  string          `env:"-"`
}

func TestDefaults(t *testing.T) {
	t.Setenv("WRITER_BATCH_EVENTS", "7") // the process environment must not be looked at
	for name, environ := range map[string]map[string]string{"nil": nil, "empty": {}, "empty value": {"WRITER_BATCH_EVENTS": ""}} {
		got, err := Load[sample](environ)
		if err != nil {
			t.Fatal(err)
		}
		want := sample{Batch: 5000, Backoff: []time.Duration{10 * time.Minute, time.Hour}, Max: 512 << 10,
			Config: Config{"info", "auto", 20 * time.Second, "127.0.0.1:9090"},
			Tor:    network{Timeout: 30 * time.Second}, I2P: network{Timeout: 30 * time.Second}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestValuesAreTaken(t *testing.T) {
	environ := map[string]string{"PORT": "4222", "TOR_PROXY": "socks5h://tor:9050", "TOR_CHECK_TIMEOUT": "45s",
		"EVENT_MAX_BYTES": "1MiB", "DATABASE_URL": "postgres://u:p@h/d", "RELAY_ALLOW_INSECURE_TLS": "true", "LOG_LEVEL": "debug"}
	before := maps.Clone(environ)
	got, err := Load[sample](environ)
	if err != nil {
		t.Fatal(err)
	}
	if got.Port != 4222 || got.Tor.Proxy != "socks5h://tor:9050" || got.Tor.Timeout != 45*time.Second || got.Max != 1<<20 ||
		got.Database.Reveal() != "postgres://u:p@h/d" || !got.Insecure || got.LogLevel != "debug" || got.I2P.Proxy != "" {
		t.Errorf("got %+v", got)
	}
	if !maps.Equal(environ, before) {
		t.Errorf("got the map changed to %v", environ)
	}
}

func TestAllProblemsAreReportedByName(t *testing.T) {
	_, err := Load[sample](map[string]string{"WRITER_BATCH_EVENTS": "many", "I2P_CHECK_TIMEOUT": "soon", "EVENT_MAX_BYTES": "1 parsec"})
	wantLines(t, err, "EVENT_MAX_BYTES: ", "I2P_CHECK_TIMEOUT: ", "WRITER_BATCH_EVENTS: ")
	_, err = Load[sample](map[string]string{"WRITER_BATCH_EVENTS": "5001", "PORT": "80", "VALIDATOR_BACKOFF": "1s,2m,1000h",
		"TOR_CHECK_TIMEOUT": "181s", "LOG_LEVEL": "loud", "EVENT_MAX_BYTES": "1023", "SHUTDOWN_GRACE": "0s"})
	wantLines(t, err, "EVENT_MAX_BYTES: got 1023, want 1KiB..", `LOG_LEVEL: got "loud", want debug|info|warn|error`,
		"PORT: got 80, want 1024..", "SHUTDOWN_GRACE: got 0s, want 1s..10m", "TOR_CHECK_TIMEOUT: got 3m1s, want 1s..180s",
		"VALIDATOR_BACKOFF: got 1000h0m0s, want 1m..168h", "VALIDATOR_BACKOFF: got 1s, want 1m..168h",
		"WRITER_BATCH_EVENTS: got 5001, want 1..5000")
}

// wantLines compares the sorted lines of an error with prefixes.
func wantLines(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error")
	}
	got := slices.Sorted(slices.Values(strings.Split(err.Error(), "\n")))
	if len(got) != len(want) {
		t.Fatalf("got %d problems, want %d:\n%s", len(got), len(want), err)
	}
	for i := range got {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want it to begin with %q", got[i], want[i])
		}
	}
}

func TestRequiredIsNamed(t *testing.T) {
	type config struct {
		URL Secret `env:"NATS_URL,required"`
	}
	_, err := Load[config](nil)
	wantLines(t, err, "NATS_URL: it must be set")
}

func TestBoundsAreInside(t *testing.T) {
	for _, batch := range []string{"1", "5000"} {
		if _, err := Load[sample](map[string]string{"WRITER_BATCH_EVENTS": batch}); err != nil {
			t.Errorf("%s: got %v, want it accepted", batch, err)
		}
	}
}

func TestSecretTwins(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for text, want := range map[string]string{"pw\n": "pw", "pw": "pw", "pw\r\n": "pw", " p w \n\n": " p w \n"} {
		got, err := Load[sample](map[string]string{"DATABASE_URL_FILE": file(text)})
		if err != nil || got.Database.Reveal() != want {
			t.Errorf("%q: got %q and %v, want %q", text, got.Database.Reveal(), err, want)
		}
	}
	_, err := Load[sample](map[string]string{"DATABASE_URL_FILE": file("a"), "DATABASE_URL": "hidden",
		"MONITOR_PRIVATE_KEY_FILE": "/does/not/exist", "PORT": "1"})
	wantLines(t, err, "DATABASE_URL: DATABASE_URL_FILE is set too", "MONITOR_PRIVATE_KEY_FILE: open /does/not/exist", "PORT: got 1")
	if strings.Contains(err.Error(), "hidden") {
		t.Errorf("got the secret in %q", err)
	}
	_, err = Load[sample](map[string]string{"DATABASE_URL_FILE": file("\n"), "MONITOR_PRIVATE_KEY_FILE": file(strings.Repeat("x", maxSecret+1))})
	wantLines(t, err, "DATABASE_URL_FILE: ", "MONITOR_PRIVATE_KEY_FILE: ")
	if got, err := Load[sample](map[string]string{"TOR_PROXY_FILE": "/does/not/exist"}); err != nil || got.Tor.Proxy != "" {
		t.Errorf("got %v: a field that is no secret has no twin", err)
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const value = "correct horse"
	type holder struct {
		S Secret
		P *Secret
	}
	s := NewSecret(value)
	h := holder{s, &s}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s"} {
		fmt.Fprintf(&shown, verb+verb+verb, s, &s, h)
	}
	text, err := json.Marshal(map[string]any{"holder": h, "secret": s})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "s", s, "p", &s, "h", h)
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "s", s, "p", &s, "h", h)
	if got := shown.String(); strings.Contains(got, "horse") || strings.Contains(got, fmt.Sprintf("%x", value)) {
		t.Errorf("got the secret in %s", got)
	}
	if s.Reveal() != value || s.String() != "***" || s.GoString() != "***" || NewSecret("").String() != "" || s.IsZero() || !NewSecret("").IsZero() {
		t.Errorf("got %q, want *** and the value only from Reveal", s.String())
	}
}

func TestSettingsDescribeTheFields(t *testing.T) {
	got := Settings[sample]()
	want := []Setting{
		{"LOG_LEVEL", "info", "debug|info|warn|error", "least severity that is logged", false},
		{"LOG_FORMAT", "auto", "auto|text|json", "form of log lines; auto is text on a terminal and JSON elsewhere", false},
		{"SHUTDOWN_GRACE", "20s", "1s..10m", "time to finish what is open after SIGTERM", false},
		{"OPS_LISTEN", "127.0.0.1:9090", "", "address of /livez, /readyz and /metrics; none switches them off", false},
		{"WRITER_BATCH_EVENTS", "5000", "1..5000", "events in one transaction", false},
		{"PORT", "", "1024..", "a port", false},
		{"VALIDATOR_BACKOFF", "10m,1h", "1m..168h", "waits between tries", false},
		{"EVENT_MAX_BYTES", "512KiB", "1KiB..", "largest event", false},
		{"RELAY_ALLOW_INSECURE_TLS", "", "", "accept bad certificates", false},
		{"DATABASE_URL", "", "", "address of Postgres", true},
		{"MONITOR_PRIVATE_KEY", "", "", "", true},
		{"TOR_PROXY", "", "", "SOCKS5 proxy", false},
		{"TOR_CHECK_TIMEOUT", "30s", "1s..180s", "time for one check", false},
		{"I2P_PROXY", "", "", "SOCKS5 proxy", false},
		{"I2P_CHECK_TIMEOUT", "30s", "1s..180s", "time for one check", false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMistakesInTagsAreRefused(t *testing.T) {
	refused := map[string]error{}
	_, refused["twice"] = Load[struct {
		A int `env:"X"`
		B int `env:"X"`
	}](nil)
	_, refused["no dots"] = Load[struct {
		A int `env:"X" range:"1-5"`
	}](nil)
	_, refused["not a number"] = Load[struct {
		A int `env:"X" range:"1..many"`
	}](nil)
	_, refused["upside down"] = Load[struct {
		A time.Duration `env:"X" range:"2s..1s"`
	}](nil)
	_, refused["no order"] = Load[struct {
		A bool `env:"X" range:"1..2"`
	}](nil)
	_, refused["no struct"] = Load[int](nil)
	_, refused["default out of range"] = Load[struct {
		A int `env:"X" envDefault:"9" range:"1..5"`
	}](nil)
	for name, err := range refused {
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "512KiB": 512 << 10, "4 GiB": 4 << 30, "2TiB": 2 << 40, "1000": 1000} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %d and %v, want %d", text, got, err, want)
		}
		var back Size
		if err := back.UnmarshalText([]byte(got.String())); err != nil || back != got {
			t.Errorf("%s: got %s back, want the same size", text, got)
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "1GB", "KiB", "9999999999GiB", "1MiBMiB"} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestEnvironIsTheProcess(t *testing.T) {
	t.Setenv("APP_TEST_VALUE", "a=b")
	if got := Environ()["APP_TEST_VALUE"]; got != "a=b" {
		t.Errorf("got %q, want a=b", got)
	}
}

// TestLoadTellsEverythingAtOnce: what cannot be parsed does not hide what is out of range.
func TestLoadTellsEverythingAtOnce(t *testing.T) {
	type config struct {
		Tries int `env:"TRIES" envDefault:"3" range:"1..10"`
		Limit int `env:"LIMIT" envDefault:"500" range:"1..5000"`
	}
	_, err := Load[config](map[string]string{"TRIES": "x", "LIMIT": "9999"})
	if err == nil || !strings.Contains(err.Error(), "TRIES") || !strings.Contains(err.Error(), "LIMIT") {
		t.Errorf("got %v, want both variables named", err)
	}
}

// TestMisspeltNamesAreRefused: they would leave the default standing, and say nothing.
func TestMisspeltNamesAreRefused(t *testing.T) {
	_, err := Load[sample](map[string]string{"WRITER_BATCH_EVENT": "10", "WRITER_BATHC_EVENTS": "10", "MONITOR_PRIVATE_KEY_FIEL": "key", "I2P_CHECK_TIMEOUTS": "9s",
		"PORTS": "1", "TOR_PASSWORD": "x", "WRITER_BATCH": "10", "EVENT_MAX_BYTES": "2KiB", "DATABASE_URL": "", "DATABASE_URL_FILE": ""})
	wantLines(t, err,
		"I2P_CHECK_TIMEOUTS: there is no such setting; is I2P_CHECK_TIMEOUT meant?",
		"MONITOR_PRIVATE_KEY_FIEL: there is no such setting; is MONITOR_PRIVATE_KEY_FILE meant?",
		"WRITER_BATCH_EVENT: there is no such setting; is WRITER_BATCH_EVENTS meant?",
		"WRITER_BATHC_EVENTS: there is no such setting; is WRITER_BATCH_EVENTS meant?")
}
