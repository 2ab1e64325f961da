package relay

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

func TestNegotiate(t *testing.T) {
	heard := make(chan string, 8)
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		for _, next := range []string{`["NEG-MSG","b1","6100"]`, `["NEG-MSG","b1","61AbCd"]`, ""} {
			message, _ := p.read()
			heard <- message
			if next != "" {
				p.send(`["NOTICE","hi"]`, next)
			}
		}
		message, _ := p.read()
		heard <- message
		p.wait()
	}))
	var got [][]byte
	answer, err := conn.Negotiate(t.Context(), NegRequest{Filter: event.Filter{Kinds: []uint16{1}}}, []byte{0x61, 1}, func(message []byte) ([]byte, error) {
		if got = append(got, bytes.Clone(message)); len(got) == 2 {
			return nil, nil
		}
		return append(message, 0xff), nil
	})
	if err != nil || len(got) != 2 || !bytes.Equal(got[0], []byte{0x61, 0}) || !bytes.Equal(got[1], []byte{0x61, 0xab, 0xcd}) {
		t.Errorf("Negotiate got %x and %v, want two messages", got, err)
	}
	sent := 0
	for _, want := range []string{`["NEG-OPEN","b1",{"kinds":[1]},"6101"]`, `["NEG-MSG","b1","6100ff"]`, `["NEG-CLOSE","b1"]`} {
		message := <-heard
		if sent += len(want); message != want {
			t.Errorf("relay got %s, want %s", message, want)
		}
	}
	if answer.Sent != sent || answer.Bytes != len(`["NEG-MSG","b1","6100"]["NEG-MSG","b1","61AbCd"]`)+2*len(`["NOTICE","hi"]`) || answer.FirstFrame <= 0 || answer.Took <= 0 {
		t.Errorf("Negotiate got %+v, want %d bytes sent, those received, and times", answer, sent)
	}
}

func TestNegotiateFailures(t *testing.T) {
	own := errors.New("own")
	for name, c := range map[string]struct {
		answers []string
		reason  string
		closes  bool // NEG-CLOSE is sent
	}{
		"NEG-ERR blocked":  {[]string{`["NEG-ERR","b1","blocked: too many records",1000]`}, "negentropy_blocked", false},
		"NEG-ERR closed":   {[]string{`["NEG-ERR","b1","CLOSED: you took too long"]`}, "negentropy_closed", false},
		"NEG-ERR odd":      {[]string{`["NEG-ERR","b1",7]`}, "negentropy", false},
		"CLOSED":           {[]string{`["CLOSED","b1","unsupported: x"]`}, "closed_unsupported", false},
		"NOTICE":           {[]string{`["NOTICE","ERROR: bad msg: unknown cmd"]`}, "notice_error", true},
		"AUTH":             {[]string{`["AUTH","x"]`}, "auth", true},
		"silence":          {[]string{`["EOSE","b1"]`}, "timeout", true},
		"odd hex":          {[]string{`["NEG-MSG","b1","616"]`}, "malformed", true},
		"not hex":          {[]string{`["NEG-MSG","b1","6x"]`}, "malformed", true},
		"escaped hex":      {[]string{`["NEG-MSG","b1","\u0036\u0031"]`}, "malformed", true},
		"not a string":     {[]string{`["NEG-MSG","b1",61]`}, "malformed", true},
		"nothing":          {[]string{`["NEG-MSG","b1"]`}, "malformed", true},
		"too many bytes":   {[]string{`["NEG-MSG","b1","` + strings.Repeat("61", 2000) + `"]`}, "flood", true},
		"own error":        {[]string{`["NEG-MSG","b1","ee"]`}, "other", true},
		"not for us":       {[]string{`["NEG-MSG","b2","61"]`, `["NEG-ERR","x","blocked: x"]`}, "timeout", true},
		"trailing garbage": {[]string{`["NEG-MSG","b1","61"]x`}, "timeout", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := make(chan bool, 1)
			conn := connect(t, localDialer(), serve(t, func(p *peer) {
				p.read()
				p.send(c.answers...)
				for {
					message, ok := p.read()
					if !ok || strings.HasPrefix(message, `["NEG-CLOSE"`) {
						closed <- ok
						break
					}
				}
				p.wait()
			}))
			answer, err := conn.Negotiate(t.Context(), NegRequest{Idle: 200 * time.Millisecond, MaxBytes: 3000}, nil, func(message []byte) ([]byte, error) {
				if message[0] == 0xee {
					return nil, own
				}
				return message, nil
			})
			if ReasonOf(err) != c.reason || err == nil || (c.reason == "other") != (err == own) {
				t.Errorf("Negotiate got %v, want %s", err, c.reason)
			}
			if answer.Sent == 0 || answer.Bytes == 0 {
				t.Errorf("Negotiate got %+v, want bytes both ways", answer)
			}
			if alive := conn.Err() == nil; !alive {
				return
			}
			if !c.closes {
				conn.Close()
			}
			if got := <-closed; got != c.closes {
				t.Errorf("relay got NEG-CLOSE %v, want %v", got, c.closes)
			}
		})
	}
}

// A relay that does not wait for our messages is not let fill our memory with them.
func TestNegotiateWithARelayThatDoesNotWait(t *testing.T) {
	n := &negotiation{step: func(message []byte) ([]byte, error) { return message, nil }, replies: make(chan []byte, 1)}
	for i, want := range []string{"other", "flood"} {
		if err := n.message([]byte(`"61"`)); ReasonOf(err) != want || (err == nil) != (want == "other") {
			t.Errorf("message %d got %v, want %s", i, err, want)
		}
	}
}

// A reconciliation that is full of another one's messages stays itself: ids are its own.
func TestNegotiateBesideALiveSubscription(t *testing.T) {
	conn := connect(t, localDialer(), serve(t, func(p *peer) {
		p.req()
		p.send(`["EOSE","SUB"]`)
		p.read()
		p.send(anEvent, `["NEG-MSG","b2","61"]`, anEvent)
		p.wait()
	}))
	events := make(chan bool, 2)
	if _, err := conn.Follow(t.Context(), filters(1), 0, func([]byte) { events <- true }); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Negotiate(t.Context(), NegRequest{}, nil, func([]byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Errorf("Negotiate got %v", err)
	}
	<-events
	<-events
}

func FuzzUnquoteHex(f *testing.F) {
	f.Add([]byte(`"6100ff"`))
	f.Add([]byte(`"6"`))
	f.Add([]byte(`""`))
	f.Fuzz(func(t *testing.T, quoted []byte) {
		got, ok := unquoteHex(nil, quoted)
		if want := `"` + hex.EncodeToString(got) + `"`; ok && want != strings.ToLower(string(quoted)) && quoted[len(quoted)-1] == '"' {
			t.Fatalf("unquoteHex(%q) got %x", quoted, got)
		}
	})
}

// TestSilenceOfAnOptionalQuestionKeepsTheConnection: a relay that does not know COUNT and NIP-77 is
// asked on over the same connection.
func TestSilenceOfAnOptionalQuestionKeepsTheConnection(t *testing.T) {
	sim := simrelay.New("plain", simrelay.Manners{RefuseCount: true}, nil)
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Stop)
	conn := connect(t, localDialer(), URL(sim.URL()))
	if _, err := conn.Count(t.Context(), event.Filter{}, time.Second); !isNotice(err) {
		t.Errorf("Count got %v, want a notice", err)
	}
	request := NegRequest{Idle: time.Second}
	if _, err := conn.Negotiate(t.Context(), request, []byte{0x61}, func([]byte) ([]byte, error) { return nil, nil }); !isNotice(err) {
		t.Errorf("Negotiate got %v, want a notice", err)
	}
	if _, err := conn.Query(t.Context(), Request{}, func([]byte) error { return nil }); err != nil {
		t.Errorf("Query got %v, want an answer on the same connection", err)
	}
}

func isNotice(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Class == ClassNotice
}
