package standalone_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestCheckNow has a person ask for a check with the real command and wait for it, and make every mistake there is: each is told
// with the next command.
func TestCheckNow(t *testing.T) {
	r := simrelay.New("checked", simrelay.Manners{}, nil)
	keys := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(keys, fmt.Appendf(nil, "keys: [{name: test, sha256: %x}]", sha256.Sum256([]byte("a key"))), 0o600); err != nil {
		t.Fatal(err)
	}
	c := launchOver(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "writer": 1, "api": 1}, over(r), "API_KEYS="+keys)
	address, unknown := r.URL(), "ws://127.0.0.1:1"
	c.inject([]string{address})
	c.waitFor("the first round", 2*time.Minute, func() bool { return testkit.Number(t, c.owner, "SELECT count(*) FROM relay_state") == 1 })
	c.says(1, "bigbrotr relay show "+address, "relay", "check", address) // the first round was a moment ago
	c.says(3, "nats pub -J brotr.relay.found "+unknown, "relay", "check", "--wait", unknown)
	c.says(2, "", "relay", "check", "no relay at all")

	testkit.Exec(t, c.owner, "UPDATE relay_state SET checked_at = checked_at - 3600, state_since = state_since - 3600;"+
		"UPDATE relay_transition SET at = at - 3600, seen_at = seen_at - 3600, seen_until = seen_until - 3600") // as if it had been an hour ago
	before := testkit.Number(t, c.owner, "SELECT checked_at FROM relay_state")
	asked := time.Now().Unix()
	var shown struct {
		States []struct {
			State     string    `json:"state"`
			CheckedAt time.Time `json:"checked_at"`
		} `json:"states"`
	}
	text := c.says(0, "", "relay", "check", "--wait", "-o", "json", address)
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		t.Fatalf("got %s: %v", text, err)
	}
	if len(shown.States) != 1 || shown.States[0].State != "up" || shown.States[0].CheckedAt.Unix() < asked-1 || before > asked-3000 {
		t.Errorf("got %+v after a round at %d, want a new one that is not older than %d", shown, before, asked-1)
	}
	c.says(1, "ask again in", "relay", "check", "--wait", address)
	if got := c.wish(address, "a key"); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("a wish over HTTP after a round: got %s, want it limited", got.Status)
	}
	testkit.Exec(t, c.owner, "UPDATE relay_state SET checked_at = checked_at - 7200")
	for key, want := range map[string]int{"a key": http.StatusAccepted, "another": http.StatusUnauthorized} {
		c.waitFor("an answer to "+key, time.Minute, func() bool { return c.wish(address, key).StatusCode == want }) // a wish holds for half a minute
	}
	c.waitFor("the round", time.Minute, func() bool { return testkit.Number(t, c.owner, "SELECT checked_at FROM relay_state") >= asked })
	if got := c.wish(unknown, "a key"); got.StatusCode != http.StatusNotFound {
		t.Errorf("a wish for a stranger: got %s, want 404", got.Status)
	}

	for _, p := range c.services {
		if strings.HasPrefix(p.name, "monitor") {
			p.stop()
		}
	}
	c.says(5, "no monitor is running; start one: bigbrotr run monitor", "relay", "check", "--wait", address)
	if got := c.wish(address, "a key"); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a wish that no monitor hears: got %s, want 503", got.Status)
	}
}

// wish asks the API for a check.
func (c *cluster) wish(relay, key string) *http.Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.api+"/v1/relays/"+url.PathEscape(relay)+"/check", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer
}

// says runs the command line and wants an exit code and words on stderr. It returns stdout.
func (c *cluster) says(code int, words string, args ...string) string {
	c.t.Helper()
	p := c.process("writer", 99)
	cmd := exec.Command(p.path, args...)
	cmd.Env = p.env
	var errText strings.Builder
	cmd.Stderr = &errText
	out, err := cmd.Output()
	got := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else if err != nil {
		c.t.Fatal(err)
	}
	if got != code || !strings.Contains(errText.String(), words) {
		c.t.Errorf("bigbrotr %s: got exit code %d and %q, want %d and %q", strings.Join(args, " "), got, errText.String(), code, words)
	}
	return string(out)
}
