//go:build compose

package compose

import (
	"encoding/json"
	"net/http"
	"net/url"
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

// injected are demo relays that keep Nostr's manners; caps make some of them answer in many pages.
var injected = []string{"honest-1", "honest-2", "honest-3", "cap-500", "cap-300", "cap-100"}

func TestInjectedRelaysAreArchivedAlthoughASynchronizerIsKilled(t *testing.T) {
	s := newStack(t, "archive")
	s.must(startTime, "up", "--detach", "--wait", "--no-build", "--scale", "synchronizer=2")
	initializerEnded(t, s)
	relays := s.truth(injected)

	var urls []string
	for _, relay := range relays {
		urls = append(urls, relay.URL)
	}
	tool := dialNATS(t, s.must(time.Minute, "port", "nats", "4222"), "tool")
	if ack := tool.publishAcked("brotr.relay.found", strings.Join(urls, "\n")); !strings.Contains(ack, `"stream":"FOUND"`) {
		t.Fatalf("publish %d relays: got answer %s, want one of the stream FOUND", len(urls), ack)
	}
	s.archived("an event", func() int { return 1 - min(1, len(s.query("SELECT 1 FROM sighting LIMIT 1"))) })
	killOne(t, s, "synchronizer", 2)
	for _, relay := range relays {
		s.archived(relay.URL, func() int { return s.missing(relay) })
	}
	s.answers(relays[0].URL)
}

// answers asks the API of the stack for a relay that is archived.
func (s stack) answers(relay string) {
	s.t.Helper()
	address := "http://" + s.must(time.Minute, "port", "api", "8080") + "/v1/relays/" + url.PathEscape(relay)
	answer, err := http.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var report struct {
		URL       string `json:"url"`
		Sightings int64  `json:"sightings"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil || report.URL != relay || report.Sightings == 0 {
		s.t.Errorf("GET %s: got %s, %+v, %v, want its sightings", address, answer.Status, report, err)
	}
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

// truth waits until the demo relays have told what each of the named ones holds.
func (s stack) truth(names []string) []relayTruth {
	s.t.Helper()
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(time.Second) {
		if relays := told(s.must(time.Minute, "logs", "--no-log-prefix", "--no-color", "demo-relays"), names); len(relays) == len(names) {
			return relays
		}
	}
	s.t.Fatalf("the demo relays told less than what %v hold within %s", names, startTime)
	return nil
}

// told reads the truth of the named relays out of the log of the demo relays.
func told(log string, names []string) (relays []relayTruth) {
	for line := range strings.Lines(log) {
		var relay relayTruth
		if json.Unmarshal([]byte(line), &relay) == nil && slices.Contains(names, relay.Name) && len(relay.Events) > 0 {
			relays = append(relays, relay)
		}
	}
	return relays
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

// archived waits until nothing is missing any more.
func (s stack) archived(what string, missing func() int) {
	s.t.Helper()
	start, left := time.Now(), 0
	for time.Since(start) < archiveTime {
		if left = missing(); left == 0 {
			s.t.Logf("%s was archived after %s", what, time.Since(start).Round(time.Second))
			return
		}
		time.Sleep(time.Second)
	}
	s.t.Fatalf("%s: %d events are not archived after %s, want 0", what, left, archiveTime)
}

// missing counts the events of a relay that Postgres does not hold as seen on that relay.
func (s stack) missing(relay relayTruth) int {
	s.t.Helper()
	rows := s.query("SELECT encode(e.id, 'hex') FROM event e JOIN sighting USING (event_no) JOIN relay r USING (relay_no)" +
		" WHERE r.url = '" + strings.ReplaceAll(relay.URL, "'", "''") + "'")
	have, missing := map[string]bool{}, 0
	for _, id := range rows {
		have[id] = true
	}
	for _, id := range relay.Events {
		if !have[id] {
			missing++
		}
	}
	return missing
}
