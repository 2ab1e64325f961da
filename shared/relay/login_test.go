package relay

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

func TestLogin(t *testing.T) {
	for name, c := range map[string]struct {
		manners simrelay.Manners
		after   string // reason of a question after the login
	}{
		"sent with the refusal": {simrelay.Manners{AuthOnly: true}, ""},
		"sent on connect":       {simrelay.Manners{AuthOnly: true, AuthOnConnect: true}, ""},
		"restricted":            {simrelay.Manners{AuthOnConnect: true, AuthRestricted: true}, "closed_restricted"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sim(t, c.manners, notes(3)...)
			conn := connect(t, localDialer(), URL(r.URL()))
			if !c.manners.AuthOnConnect { // it sends the challenge only with a refusal
				if _, err := conn.Query(t.Context(), Request{}, nil); ReasonOf(err) != "closed_auth_required" || conn.Challenge() == "" {
					t.Fatalf("Query got %v and challenge %q, want auth-required", err, conn.Challenge())
				}
			}
			if ok, err := conn.Login(t.Context(), event.GenerateKey()); err != nil || !ok.Accepted {
				t.Fatalf("Login got %+v and %v, want it accepted", ok, err)
			}
			answer, err := conn.Query(t.Context(), Request{}, func([]byte) error { return nil })
			if err == nil && (c.after != "" || answer.Events != 3) || err != nil && ReasonOf(err) != c.after {
				t.Errorf("Query after it got %d events and %v, want %q", answer.Events, err, c.after)
			}
		})
	}
}

// logins sends the given messages, answers every AUTH with OK true, and tells the events.
func logins(got chan<- event.Event, first ...string) func(*peer) {
	return func(p *peer) {
		for sent := p.send(first...); sent; {
			message, ok := p.read()
			if !ok {
				return
			}
			e, _ := event.Parse([]byte(strings.TrimSuffix(strings.TrimPrefix(message, `["AUTH",`), "]")))
			sent = p.send(`["OK","` + e.ID.String() + `",true,""]`)
			got <- e
		}
	}
}

func TestLoginSignsForTheDialledRelayAlone(t *testing.T) {
	got := make(chan event.Event, 2)
	u := serve(t, logins(got, `["AUTH","old"]`, `["AUTH","wss://elsewhere.example"]`)) + "/path"
	conn, key := connect(t, localDialer(), u), event.GenerateKey()
	for range 2 {
		if _, err := conn.Login(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	<-got // with either challenge: the first is answered as soon as it came
	e := <-got
	want := [][]string{{"relay", string(u)}, {"challenge", "wss://elsewhere.example"}}
	if tags := e.DecodeTags(); !slices.EqualFunc(tags, want, slices.Equal) || e.Kind != 22242 || e.DecodeContent() != "" || !e.CheckSignature() || e.PubKey != key.PubKey() {
		t.Errorf("Login got %s, want tags %v signed by the key", e.AppendJSON(nil), want)
	}
	if age := time.Since(time.Unix(e.CreatedAt, 0)); age < -time.Minute || age > time.Minute {
		t.Errorf("Login got an event of %v ago, want now", age)
	}
}

func TestLoginFailures(t *testing.T) {
	refused := connect(t, localDialer(), serve(t, func(p *peer) {
		p.send(`["AUTH","c"]`)
		message, _ := p.read()
		id, _ := event.ScanID([]byte(strings.TrimSuffix(strings.TrimPrefix(message, `["AUTH",`), "]")))
		p.send(`["OK","` + id.String() + `",false,"restricted: not you"]`)
		p.wait()
	}))
	if ok, err := refused.Login(t.Context(), event.GenerateKey()); err != nil || ok.Accepted || ok.Prefix != "restricted" {
		t.Errorf("Login got %+v and %v, want a refusal", ok, err)
	}
	silent := connect(t, localDialer(), serve(t, reply(`["EOSE","SUB"]`)))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := silent.Login(ctx, event.GenerateKey()); ReasonOf(err) != "timeout" {
		t.Errorf("Login without a challenge got %v, want timeout", err)
	}
	if _, err := silent.Query(t.Context(), Request{}, nil); err != nil {
		t.Errorf("Query after it got %v, want the connection left alone", err)
	}
	gone := connect(t, localDialer(), serve(t, func(*peer) {}))
	if _, err := gone.Login(t.Context(), event.GenerateKey()); ReasonOf(err) != "disconnect" {
		t.Errorf("Login at a relay that left got %v, want disconnect", err)
	}
}
