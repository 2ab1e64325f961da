package main

import (
	"net"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestExitCodes(t *testing.T) {
	closed := freeOr("127.0.0.1:0")
	l, err := net.Listen("tcp", closed)
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	gone := []string{"NATS_URL=nats://" + nobody, "DATABASE_URL=postgres://x@" + nobody + "/x"}
	for _, c := range []struct {
		args    string
		environ []string
		code    int
		says    string // on stderr
	}{
		{"version", nil, 0, ""},
		{"--help", nil, 0, ""},
		{"", nil, usage, "bigbrotr --help"},
		{"runn all", nil, usage, "bigbrotr --help"},
		{"run reader", nil, usage, `reader`},
		{"run", nil, usage, "services"},
		{"status -o yaml", nil, usage, "table"},
		{"run writer", []string{"SYNC_PAGE_LIMIT=0"}, usage, "SYNC_PAGE_LIMIT"},
		{"run writer", nil, unreachable, "set NATS_URL and DATABASE_URL"},
		{"status", nil, unreachable, "NATS_URL"},
		{"status", gone, unreachable, "bigbrotr doctor"},
		{"relay show wss://relay.example.com", gone, unreachable, "bigbrotr doctor"},
		{"relay show relay", nil, usage, "understand"},
		{"relay token not\x1b[31m", nil, usage, `\x1b`},
		{"tail events --author abc", gone, usage, "author"},
		{"doctor", gone, unreachable, ""},
		{"rebuild analytics", gone, unreachable, "bigbrotr doctor"},
		{"healthcheck", []string{"OPS_LISTEN=" + nobody}, unreachable, nobody},
		{"inject relays /nowhere", nil, notFound, "/nowhere"},
		{"config validate", []string{"RELAY_ALLOW_CIDRS=abc"}, usage, "RELAY_ALLOW_CIDRS"},
		{"config validate", nil, 0, "valid"},
	} {
		_, stderr, code := bigbrotr(t, "", c.environ, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q in it", c.args, code, stderr, c.code, c.says)
		}
		if strings.Contains(stderr, "\x1b") {
			t.Errorf("%s: got an escape sequence in %q", c.args, stderr)
		}
	}
}

func TestPortInUseNamesItsVariable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	environ := []string{"OPS_LISTEN=" + l.Addr().String(), "NATS_URL=nats://127.0.0.1:1", "DATABASE_URL=postgres://x@127.0.0.1:1/x"}
	_, stderr, code := bigbrotr(t, "", environ, "run", "writer")
	if code != failed || !strings.Contains(stderr, "OPS_LISTEN") || !strings.Contains(stderr, l.Addr().String()) {
		t.Errorf("got exit code %d and %q, want 1, the address and its variable", code, stderr)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	stdout, stderr, code := bigbrotr(t, "", []string{"NATS_URL=nats://user:hunter2@n:4222", "DATABASE_URL=postgres://u:hunter2@d/x"},
		"config", "print")
	if code != 0 || strings.Contains(stdout+stderr, "hunter2") || !strings.Contains(stdout, "***") {
		t.Errorf("got exit code %d and %q, want stars and no password", code, stdout)
	}
}

func TestTokenThereAndBack(t *testing.T) {
	token, _, _ := bigbrotr(t, "", nil, "relay", "token", "Relay.Damus.io/")
	url, _, _ := bigbrotr(t, "", nil, "relay", "url", strings.TrimSpace(token))
	if token != "relay_damus_io\n" || url != "wss://relay.damus.io\n" {
		t.Errorf("got %q and %q", token, url)
	}
}

func TestKeyIsPrintedAlone(t *testing.T) {
	key, words, code := bigbrotr(t, "", nil, "keys", "gen")
	if _, _, validated := bigbrotr(t, "", []string{"MONITOR_PRIVATE_KEY=" + key}, "config", "validate"); code != 0 || validated != 0 || len(key) != 65 {
		t.Errorf("got %d bytes, exit codes %d and %d, want a valid key alone", len(key), code, validated)
	}
	if strings.Contains(words, strings.TrimSpace(key)) {
		t.Error("the secret is on stderr, too")
	}
}

// TestTheWrongRoleIsToldFromAnOutage gives verbs that change the archive the role that only reads.
func TestTheWrongRoleIsToldFromAnOutage(t *testing.T) {
	dsn, environ, _ := archive(t)
	reader := testkit.ReaderURL(dsn)
	environ = append(environ, "DATABASE_ERASER_URL="+reader, "DATABASE_REFRESHER_URL="+reader, "DATABASE_OWNER_URL="+reader)
	for _, args := range [][]string{{"rebuild", "analytics"}, {"migrate"},
		{"takedown", "event", strings.Repeat("0", 64), "--reason", "test"}} {
		_, stderr, code := bigbrotr(t, "", environ, args...)
		if code != failed || !strings.Contains(stderr, "42501") || !strings.Contains(stderr, "DATABASE_ERASER_URL") {
			t.Errorf("%v: got exit code %d and %q, want 1 and the settings that name a role", args, code, stderr)
		}
	}
}
