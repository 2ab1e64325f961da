package standalone_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const natsPage = "docs/how-to/nats-cli.md"

// Relays of the test, by the form in which each is injected.
const (
	byArgument = iota
	byFile
	byFile2
	byLine
	byLine2
	byArray
	byObject
	byEvent
	byEvent2
	byRequest
	relaysInjected
)

const (
	notes     = 60 // events of kind 1 on each relay
	reactions = 5  // of kind 7
)

// TestNATSCLI runs the lines of docs/how-to/nats-cli.md with the real nats command as the user
// tool, while the writer and NATS are killed.
func TestNATSCLI(t *testing.T) {
	page := readGuide(t, natsPage)
	author := event.GenerateKey()
	c := launchOver(t, one, over(relaysToInject(author)...))
	s := c.shell(
		"wss://relay.example.com", c.network.Members[byArgument].URL(),
		"wss://relay.example.net", c.network.Members[byArray].URL(),
		"wss://relay.example.org", c.network.Members[byObject].URL(),
		"wss://relay.example.edu", c.network.Members[byRequest].URL(),
		strings.Repeat("0", 63)+"1", author.PubKey().String(),
	)
	live := s.follow(page.take("nats sub --raw 'brotr.event.1.>'"), c.archivedAtOnce)
	mine := s.follow(page.take("'brotr.event.*.*."), c.archivedAtOnce)
	accepted := s.follow(page.take("brotr.relay.accepted"), func(string) {})
	s.run(page.take("nats consumer add"))
	c.waitFor("the subscriptions", 20*time.Second, func() bool { return c.subscriptions() >= 3 })

	s.run(page.take("found wss://"))
	s.run(page.take(`'["wss://`))
	c.request(s, page.take("nats req"))
	c.waitFor("the first events", time.Minute, func() bool { return c.archived() > 0 })
	c.killWriterAndNATS()

	s.write("relays.txt", fmt.Sprintf("\ufeff# my relays\r\n%s\r\n\r\nnot a relay\r\n%s # the second\r\n",
		c.network.Members[byFile].URL(), c.network.Members[byFile2].URL()))
	s.run(page.take("cat relays.txt"))
	s.write("huge.txt", c.network.Members[byLine].URL()+"\n"+c.network.Members[byLine2].URL()+"\n")
	s.run(page.take("cat huge.txt"))
	list := author.Sign(1_700_000_000, 10002, [][]string{{"r", c.network.Members[byEvent].URL()}, {"r", c.network.Members[byEvent2].URL(), "read"}}, "{{Count}}")
	s.write("lists.jsonl", string(list.AppendJSON(nil))+"\n")
	s.run(page.take("cat lists.jsonl"))
	c.settle(3 * time.Minute)
	c.checkTruth()
	c.checkInjected()

	c.drain(s, page.take("nats consumer next"))
	c.replay(s, page.take("--stream EVENTS"))
	c.refuses(s, page.refused)
	for name, f := range map[string]*follower{"live": live, "one author": mine, "accepted": accepted} {
		f.stop()
		t.Logf("%-10s printed %d lines", name, len(f.seen()))
		if len(f.seen()) == 0 {
			t.Errorf("%s: nothing was printed", name)
		}
	}
	page.finish()
}

// relaysToInject are slow relays with small pages, so that a kill comes in the middle of a walk.
// One author is on the first relay alone.
func relaysToInject(author event.Key) []*simrelay.Relay {
	var relays []*simrelay.Relay
	for i := range relaysInjected {
		key := author
		if i > 0 {
			key = event.GenerateKey()
		}
		var events []event.Event
		for n := range int64(notes + reactions) {
			kind := uint16(1)
			if n >= notes {
				kind = 7
			}
			events = append(events, key.Sign(1_700_000_000+n*1000, kind, nil, fmt.Sprintf("number %d of relay %d\nwith a {{Count}}", n, i)))
		}
		relays = append(relays, simrelay.New(fmt.Sprint("injected-", i), simrelay.Manners{Cap: 20, Delay: 100 * time.Millisecond}, events))
	}
	return relays
}

// archivedAtOnce checks a printed line: a whole event, valid, and in Postgres already.
func (c *cluster) archivedAtOnce(line string) {
	e, err := event.Parse([]byte(line))
	if err != nil || !e.CheckSignature() {
		c.t.Errorf("printed %.200q: %v, want a valid event", line, err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rows, err := testkit.TryRows[reason](ctx, c.owner, "SELECT encode(id, 'hex') FROM event WHERE id = $1", e.ID[:])
	if err != nil || len(rows) != 1 {
		c.t.Errorf("event %s was printed and is not archived: %v", e.ID, err)
	}
}

// subscriptions counts those that tools have on public subjects.
func (c *cluster) subscriptions() int {
	response, err := http.Get("http://" + c.monitor + "/connz?subs=1")
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Count(string(text), `"brotr.event.`) + strings.Count(string(text), `"brotr.relay.accepted.`)
}

// archived counts events.
func (c *cluster) archived() int64 {
	return testkit.Number(c.t, c.owner, "SELECT count(*) FROM event")
}

// request demands the three verdicts of brotr.svc.relay.add.
func (c *cluster) request(s *shell, line string) {
	c.t.Helper()
	for _, want := range []struct{ line, verdict string }{
		{line, "accepted"}, {line, "known"},
		{strings.Replace(line, "wss://relay.example.edu", "wss://10.0.0.1", 1), "refused"},
	} {
		var got struct{ URL, Verdict, Reason string }
		out := s.run(want.line)
		if err := json.Unmarshal([]byte(out), &got); err != nil || got.Verdict != want.verdict || (got.Reason != "") != (got.Verdict == "refused") {
			c.t.Errorf("%s: got %q, want verdict %s", want.line, out, want.verdict)
		}
	}
}

// killWriterAndNATS kills both in the middle of their work and starts them again.
func (c *cluster) killWriterAndNATS() {
	c.t.Helper()
	for _, victim := range []*process{c.services[0], c.nats} {
		if !victim.signal(syscall.SIGKILL) {
			c.t.Fatalf("%s was dead before it was killed", victim.name)
		}
		if code := victim.wait(5 * time.Second); code != -1 || victim.cmd.ProcessState.Success() {
			c.t.Fatalf("%s: got exit code %d, want a death by signal", victim.name, code)
		}
		c.t.Logf("killed %s with %d events archived", victim.name, c.archived())
	}
	c.nats.start(c.t)
	c.services[0].start(c.t)
	c.bus() // returns when NATS is back
}

// checkInjected demands that every relay is a candidate, and a relay.
func (c *cluster) checkInjected() {
	c.t.Helper()
	for i, m := range c.network.Members {
		if n := testkit.Number(c.t, c.owner, "SELECT count(*) FROM candidate JOIN relay USING (url) WHERE url = $1", m.URL()); n != 1 {
			c.t.Errorf("relay %d of the page: got %d rows, want it to be a candidate and a relay", i, n)
		}
	}
	if n := testkit.Number(c.t, c.owner, "SELECT count(*) FROM candidate_source WHERE source = 'nip65'"); n < 2 {
		c.t.Errorf("got %d candidates from the source nip65, want 2", n)
	}
}

// drain fetches with the durable consumer until every archived note came, with one more kill in
// between.
func (c *cluster) drain(s *shell, line string) {
	c.t.Helper()
	want := c.notes()
	got := map[string]int{}
	for fetch := 0; len(got) < len(want); fetch++ {
		if fetch > len(want) {
			c.t.Fatalf("the consumer brought %d of %d events", len(got), len(want))
		}
		if fetch == 2 {
			c.killWriterAndNATS()
		}
		_, complaints, ok := s.try(line)
		before := len(got)
		for id := range c.readBatch(s) {
			got[id]++
		}
		if !ok && len(got) == before && fetch > len(want)/2 {
			c.t.Fatalf("the consumer stopped at %d of %d events: %s", len(got), len(want), complaints)
		}
	}
	again := 0
	for id, n := range got {
		again += n - 1
		if !want[id] {
			c.t.Errorf("the consumer brought %s, which is not an archived note", id)
		}
	}
	c.t.Logf("the durable consumer brought each of %d events, %d of them again", len(want), again)
}

// notes are the ids of all archived events of kind 1.
func (c *cluster) notes() map[string]bool {
	ids := map[string]bool{}
	for _, row := range testkit.Rows[reason](c.t, c.owner, "SELECT encode(id, 'hex') FROM event WHERE kind = 1") {
		ids[row.Reason] = true
	}
	if len(ids) != notes*relaysInjected {
		c.t.Errorf("got %d archived notes, want %d", len(ids), notes*relaysInjected)
	}
	return ids
}

// readBatch takes what the consumer wrote into batch.jsonl.
func (c *cluster) readBatch(s *shell) map[string]bool {
	c.t.Helper()
	path := filepath.Join(s.dir, "batch.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		c.t.Fatal(err)
	}
	return c.ids(string(text))
}

// ids parses JSONL.
func (c *cluster) ids(text string) map[string]bool {
	c.t.Helper()
	ids := map[string]bool{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		e, err := event.Parse([]byte(line))
		if err != nil || !e.CheckSignature() {
			c.t.Errorf("printed %.200q: %v, want a valid event", line, err)
			continue
		}
		ids[e.ID.String()] = true
	}
	return ids
}

// replay demands every archived note of the stream.
func (c *cluster) replay(s *shell, line string) {
	c.t.Helper()
	got := c.ids(s.run(line))
	for id := range c.notes() {
		if !got[id] {
			c.t.Fatalf("the replay lacks %s: got %d events", id, len(got))
		}
	}
	c.t.Logf("the replay brought %d events", len(got))
}

// refuses demands that lines fail and change nothing.
func (c *cluster) refuses(s *shell, lines []string) {
	c.t.Helper()
	if len(lines) < 10 {
		c.t.Errorf("got %d lines that must be refused, want the page's", len(lines))
	}
	streams := testkit.OpenStreams(c.t, c.url("brotr", brotrPassword))
	before := streams.Count("EVENTS")
	var all sync.WaitGroup
	for _, line := range lines {
		all.Go(func() { // many of them wait for an answer that never comes
			out, complaints, ok := s.try(line)
			if ok || !strings.Contains(strings.ToLower(complaints), "permissions violation") {
				c.t.Errorf("%s: got success %t, want it refused:\n%s%s", line, ok, out, complaints)
			}
		})
	}
	all.Wait()
	if after := streams.Count("EVENTS"); after != before || after == 0 {
		c.t.Errorf("got %d messages on EVENTS, want %d", after, before)
	}
	for _, m := range append(streams.Messages("INGEST"), streams.Messages("RELAYS")...) {
		if string(m.Body) == "forged" {
			c.t.Errorf("a forged message is on %s", m.Subject)
		}
	}
}
