//go:build compose

package compose

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	startTime   = 4 * time.Minute // images are there; databases, migration, health checks
	archiveTime = 4 * time.Minute // from the injection to the last event
)

// relayTruth is one line that the demo relays print: what an archive must hold of one relay in the end.
type relayTruth struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Expect string   `json:"expect"`
	Events []string `json:"events"`
}

func TestAnInjectedRelayIsArchivedAlthoughASynchronizerIsKilled(t *testing.T) {
	s := newStack(t, "archive")
	s.must(startTime, "up", "--detach", "--wait", "--no-build", "--scale", "synchronizer=2")
	initializerEnded(t, s)
	relay := s.truth("honest-1")

	tool := dialNATS(t, s.must(time.Minute, "port", "nats", "4222"), "tool")
	if ack := tool.publishAcked("brotr.relay.found", relay.URL); !strings.Contains(ack, `"stream":"FOUND"`) {
		t.Fatalf("publish %s: got answer %s, want one of the stream FOUND", relay.URL, ack)
	}
	killOne(t, s, "synchronizer", 2)
	eventsArrive(t, s, relay)
}

func initializerEnded(t *testing.T, s stack) {
	t.Helper()
	ids := s.containers("initializer", true)
	if len(ids) != 1 {
		t.Fatalf("got %d containers of the initializer, want 1", len(ids))
	}
	if got := state(t, ids[0]); got != "exited 0" {
		t.Fatalf("the initializer got to %q, want \"exited 0\"", got)
	}
}

// truth waits until the demo relays have told what the named relay holds.
func (s stack) truth(name string) relayTruth {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		log := s.must(time.Minute, "logs", "--no-log-prefix", "--no-color", "demo-relays")
		lines := bufio.NewScanner(strings.NewReader(log))
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var relay relayTruth
			if json.Unmarshal(lines.Bytes(), &relay) == nil && relay.Name == name && len(relay.Events) > 0 {
				return relay
			}
		}
	}
	s.t.Fatalf("the demo relays told nothing about %s within a minute", name)
	return relayTruth{}
}

// killOne kills one of the n containers of a service outright and asserts that it is dead and the others live.
func killOne(t *testing.T, s stack, service string, n int) {
	t.Helper()
	ids := s.containers(service, false)
	if len(ids) != n {
		t.Fatalf("%s runs in %d containers, want %d", service, len(ids), n)
	}
	if _, err := docker("kill", "--signal", "KILL", ids[0]); err != nil {
		t.Fatalf("kill %s: %v", ids[0], err)
	}
	if got := state(t, ids[0]); got != "exited 137" {
		t.Fatalf("the killed %s got to %q, want \"exited 137\"", service, got)
	}
	if left := s.containers(service, false); slices.Contains(left, ids[0]) || len(left) != n-1 {
		t.Fatalf("%s runs in %v after one of %v was killed, want %d others", service, left, ids, n-1)
	}
}

// eventsArrive waits until Postgres holds a sighting on the relay for every event that it serves.
func eventsArrive(t *testing.T, s stack, relay relayTruth) {
	t.Helper()
	archived := "SELECT encode(e.id, 'hex') FROM event e JOIN sighting USING (event_no) JOIN relay r USING (relay_no)" +
		" WHERE r.url = '" + strings.ReplaceAll(relay.URL, "'", "''") + "'"
	start, missing := time.Now(), relay.Events
	for time.Since(start) < archiveTime {
		missing = without(relay.Events, s.query(archived))
		if len(missing) == 0 {
			t.Logf("%d events of %s were archived in %s", len(relay.Events), relay.URL, time.Since(start).Round(time.Second))
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("%d of %d events of %s are not archived after %s, the first is %s",
		len(missing), len(relay.Events), relay.URL, archiveTime, missing[0])
}

func without(all, some []string) (rest []string) {
	have := map[string]bool{}
	for _, id := range some {
		have[id] = true
	}
	for _, id := range all {
		if !have[id] {
			rest = append(rest, id)
		}
	}
	return rest
}
