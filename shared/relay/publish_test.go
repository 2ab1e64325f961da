package relay

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// verdictRelay answers every EVENT and AUTH with the same messages, ID standing for the event's id.
func verdictRelay(messages ...string) func(*peer) {
	return func(p *peer) {
		for {
			message, ok := p.read()
			if !ok {
				return
			}
			id, _ := event.ScanID([]byte(strings.TrimSuffix(message[strings.IndexByte(message, ',')+1:], "]")))
			for _, m := range messages {
				p.send(strings.ReplaceAll(m, "ID", id.String()))
			}
		}
	}
}

func TestPublish(t *testing.T) {
	note := event.GenerateKey().Sign(1, 1, [][]string{{"t", "x"}}, "hello")
	for name, c := range map[string]struct {
		relay  func(*peer)
		want   OK
		reason string
	}{
		"accepted":    {verdictRelay(`["OK","ID",true,""]`), OK{Accepted: true}, ""},
		"duplicate":   {verdictRelay(`["OK","ID",true,"duplicate: have it"]`), OK{true, "duplicate", "duplicate: have it"}, ""},
		"refused":     {verdictRelay(`["AUTH","c"]`, `["OK","ID",false,"Blocked: no"]`), OK{false, "blocked", "Blocked: no"}, ""},
		"no text":     {verdictRelay(`["OK","ID",false]`), OK{}, ""},
		"other first": {verdictRelay(`["OK","x",false,""]`, `["EVENT","",{}]`, `["EOSE",""]`, `["EVENT","ID",{}]`, `["NOTICE","hi"]`, `["OK","ID",true,""]`), OK{Accepted: true}, ""},
		"odd verdict": {verdictRelay(`["OK","ID","yes"]`), OK{}, "malformed"},
		"notice":      {verdictRelay(`["NOTICE","invalid: x"]`), OK{}, "timeout"},
		"lost":        {func(p *peer) { _, _ = p.read() }, OK{}, "disconnect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			conn := connect(t, localDialer(), serve(t, c.relay))
			got, err := conn.Publish(ctx, note)
			if name == "notice" && ReasonOf(err) == "notice_invalid" {
				return
			}
			if got != c.want || (err != nil) != (c.reason != "") || err != nil && ReasonOf(err) != c.reason {
				t.Errorf("Publish got %+v and %v, want %+v and %q", got, err, c.want, c.reason)
			}
		})
	}
}

func TestPublishSendsTheEventItself(t *testing.T) {
	key := event.GenerateKey()
	note := key.Sign(1, 1, [][]string{{"challenge", "c"}}, "")
	got := make(chan string, 1)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		message, _ := p.read()
		got <- message
		p.send(`["OK","` + note.ID.String() + `",true,""]`)
		p.wait()
	}))
	if _, err := conn.Publish(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	if message, want := <-got, `["EVENT",`+string(note.AppendJSON(nil))+`]`; message != want {
		t.Errorf("relay got %s, want %s", message, want)
	}
}

func TestProbe(t *testing.T) {
	for name, c := range map[string]struct {
		relay       func(*peer)
		want, error string
	}{
		"EVENT":   {reply(anEvent, `["EOSE","SUB"]`), "EVENT", ""},
		"EOSE":    {reply(`["EOSE","SUB"]`), "EOSE", ""},
		"CLOSED":  {reply(`["CLOSED","SUB","auth-required: x"]`), "CLOSED", ""},
		"NOTICE":  {reply(`["NOTICE","x"]`), "NOTICE", ""},
		"AUTH":    {reply(`["AUTH","x"]`), "AUTH", ""},
		"OK":      {reply(`["OK","x",true,""]`), "OK", ""},
		"echo":    {func(p *peer) { m, _ := p.read(); p.send(m, m); p.wait() }, "", "timeout"},
		"silence": {reply(), "", "timeout"},
		"chat":    {reply(`{"type":"hello"}`, `hello`, `["hello"]`, `["EOSE"]`, `["EOSE","x"]`, `["NOTICE"]`, `["OK","x"]`), "", "timeout"},
		"noise":   {reply(strings.Split(strings.Repeat("x ", 40), " ")...), "", "malformed"},
		"gone":    {func(p *peer) { p.req() }, "", "disconnect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			conn := connect(t, localDialer(), serve(t, c.relay))
			got, err := conn.Probe(ctx)
			if got != c.want || err == nil != (c.error == "") || err != nil && ReasonOf(err) != c.error {
				t.Errorf("Probe got %q and %v, want %q and %q", got, err, c.want, c.error)
			}
			if c.want == "AUTH" && conn.Challenge() != "x" {
				t.Errorf("Challenge got %q, want x", conn.Challenge())
			}
		})
	}
}

func TestProbeClosesWhatTheRelayDidNot(t *testing.T) {
	for answer, want := range map[string]string{`["EOSE","SUB"]`: `["CLOSE","b1"]`, `["CLOSED","SUB","no: x"]`: `["REQ","b2",{}]`} {
		next := make(chan string, 1)
		conn := connect(t, localDialer(), serve(t, func(p *peer) {
			p.req()
			p.send(answer)
			message, _ := p.read()
			next <- message
			p.send(`["EOSE","b2"]`)
			p.wait()
		}))
		if _, err := conn.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Query(t.Context(), Request{}, nil); err != nil {
			t.Fatal(err)
		}
		if got := <-next; got != want {
			t.Errorf("after %s relay got %s, want %s", answer, got, want)
		}
	}
}
