package simrelay

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestLiveSubscriptionSeesWhatIsAdded(t *testing.T) {
	events := ladder(t, 400, 1000)
	r := start(t, Manners{}, events[:10])
	c := dial(t, r)
	c.ask("s", `{"since":1005}`)
	r.Add(events[:310]...) // ten known, 300 new
	for i := 10; i < 310; i++ {
		f := c.next()
		if ev, err := event.Parse(f.parts[2]); err != nil || ev.ID != events[i].ID {
			t.Fatalf("got %.100q, want event %d", f.raw, i)
		}
	}
	c.send(`["CLOSE","s"]`)
	c.ask("sync", `{"limit":0}`) // the CLOSE was read when this is answered
	c.send(`["CLOSE","sync"]`)
	c.ask("none", `{"kinds":[9]}`)
	r.Add(events[310:]...)
	c.silent(80 * time.Millisecond)
	if n := len(r.Ledger().ServedLive()); n != 300 {
		t.Errorf("ledger says %d live, want 300", n)
	}
}

func TestRemove(t *testing.T) {
	events := ladder(t, 5, 1000)
	r := start(t, Manners{}, events)
	if n := r.Remove(events[1].ID, events[2].ID, event.ID{}); n != 2 || r.Len() != 3 {
		t.Fatalf("removed %d, %d left, want 2 and 3", n, r.Len())
	}
	if a := dial(t, r).ask("s", fmt.Sprintf(`{"ids":["%s","%s"]}`, events[0].ID, events[1].ID)); len(a.events) != 1 {
		t.Errorf("got %d events, want 1", len(a.events))
	}
}

func (c *client) publish(ev event.Event) frame {
	c.t.Helper()
	c.send(`["EVENT",` + string(ev.AppendJSON(nil)) + `]`)
	for {
		if f := c.next(); f.verb == "OK" && f.text(1) == ev.ID.String() {
			return f
		}
	}
}

func TestPublish(t *testing.T) {
	k := testKey(t)
	r := start(t, Manners{}, nil)
	reader, c := dial(t, r), dial(t, r)
	reader.ask("live", `{}`)
	note, fleeting := k.Sign(1000, 1, nil, "hello"), k.Sign(1000, 20001, nil, "gone")
	for _, ev := range []event.Event{note, fleeting} {
		if f := c.publish(ev); string(f.parts[2]) != "true" || len(f.parts) != 4 {
			t.Errorf("got %s, want OK true", f.raw)
		}
		if f := reader.next(); f.verb != "EVENT" {
			t.Errorf("got %s, want the event live", f.raw)
		}
	}
	if f := c.publish(note); !strings.HasPrefix(f.text(3), "duplicate:") {
		t.Errorf("got %s, want duplicate", f.raw)
	}
	bad := note
	bad.Sig[0] ^= 1
	if f := c.publish(bad); string(f.parts[2]) != "false" {
		t.Errorf("got %s, want a refusal", f.raw)
	}
	if r.Len() != 1 {
		t.Errorf("got %d stored events, want only the note", r.Len())
	}
}

func TestRejectedWrites(t *testing.T) {
	r := start(t, Manners{RejectWrites: "blocked"}, nil)
	f := dial(t, r).publish(testKey(t).Sign(1000, 1, nil, "hello"))
	if string(f.parts[2]) != "false" || !strings.HasPrefix(f.text(3), "blocked: ") || r.Len() != 0 {
		t.Fatalf("got %s", f.raw)
	}
	wantFault(t, r, FaultRejected)
}

func TestAuth(t *testing.T) {
	k := testKey(t)
	r := start(t, Manners{AuthOnly: true}, ladder(t, 3, 1000))
	c := dial(t, r)
	a := c.ask("s", `{}`)
	if a.end.verb != "CLOSED" || len(a.other) != 1 || a.other[0].verb != "AUTH" {
		t.Fatalf("got %s after %d frames, want AUTH and CLOSED", a.end.raw, len(a.other))
	}
	challenge, now := a.other[0].text(1), time.Now().Unix()
	proof := func(url, challenge string, at int64) event.Event {
		return k.Sign(at, 22242, [][]string{{"relay", url}, {"challenge", challenge}}, "")
	}
	for _, tc := range []struct {
		name string
		ev   event.Event
		want string
	}{
		{"wrong challenge", proof(r.URL(), "guess", now), "false"},
		{"wrong relay", proof("wss://elsewhere.example", challenge, now), "false"},
		{"old", proof(r.URL(), challenge, now-700), "false"},
		{"wrong kind", k.Sign(now, 1, [][]string{{"relay", r.URL()}, {"challenge", challenge}}, ""), "false"},
		{"right", proof(r.URL(), challenge, now), "true"},
	} {
		if end := c.ask("still", `{}`).end.verb; end != "CLOSED" {
			t.Fatalf("before %s: got %s, want CLOSED", tc.name, end)
		}
		c.send(`["AUTH",` + string(tc.ev.AppendJSON(nil)) + `]`)
		if f := c.next(); f.verb != "OK" || string(f.parts[2]) != tc.want {
			t.Errorf("%s: got %s, want OK %s", tc.name, f.raw, tc.want)
		}
	}
	if a := c.ask("t", `{}`); len(a.events) != 3 || a.end.verb != "EOSE" {
		t.Errorf("got %d events and %s after AUTH, want 3 and EOSE", len(a.events), a.end.verb)
	}
}

func TestForgedAuthIsRefused(t *testing.T) {
	r := start(t, Manners{AuthOnConnect: true, AuthOnly: true}, nil)
	c := dial(t, r)
	proof := testKey(t).Sign(time.Now().Unix(), 22242, [][]string{{"relay", r.URL()}, {"challenge", c.next().text(1)}}, "")
	proof.Sig[3] ^= 1
	c.send(`["AUTH",` + string(proof.AppendJSON(nil)) + `]`)
	if f := c.next(); f.verb != "NOTICE" {
		t.Errorf("got %s, want a refusal", f.raw)
	}
	if a := c.ask("s", `{}`); a.end.verb != "CLOSED" {
		t.Errorf("got %s, want CLOSED", a.end.raw)
	}
}

func TestRequestReplacesTheOneWithItsID(t *testing.T) {
	events := ladder(t, 2, 1000)
	r := start(t, Manners{}, nil)
	c := dial(t, r)
	c.ask("s", `{"until":1000}`)
	c.ask("s", `{"since":1001}`)
	r.Add(events...)
	if f := c.next(); !strings.Contains(string(f.raw), events[1].ID.String()) {
		t.Errorf("got %.100q, want only what the second request asks", f.raw)
	}
	c.silent(80 * time.Millisecond)
}

func TestAuthOnConnect(t *testing.T) {
	c := dial(t, start(t, Manners{AuthOnConnect: true}, nil))
	if f := c.next(); f.verb != "AUTH" || len(f.text(1)) < 16 {
		t.Fatalf("got %s, want a challenge first", f.raw)
	}
	c.ask("s", `{}`)
}

func TestCount(t *testing.T) {
	c := dial(t, start(t, Manners{Cap: 3}, ladder(t, 10, 1000)))
	c.send(`["COUNT","c",{"since":1002}]`)
	if f := c.next(); string(f.raw) != `["COUNT","c",{"count":8}]` {
		t.Fatalf("got %s", f.raw)
	}
}

func TestBadMessagesGetAnAnswer(t *testing.T) {
	c := dial(t, start(t, Manners{}, nil))
	for message, want := range map[string]string{
		"not json": "NOTICE", "[]": "NOTICE", `["REQ"]`: "NOTICE", `["REQ","s"]`: "CLOSED", `["HELLO","x"]`: "NOTICE",
		`["REQ","s",{"ids":["ab"]}]`: "CLOSED", `["REQ","s",{"limit":"x"}]`: "CLOSED", `["REQ","",{}]`: "NOTICE",
		`["EVENT",{}]`: "OK", `["AUTH",{}]`: "NOTICE", `["COUNT","c",7]`: "CLOSED",
	} {
		c.send(message)
		if f := c.next(); f.verb != want {
			t.Errorf("%s: got %s, want %s", message, f.raw, want)
		}
	}
}

func TestInformationDocument(t *testing.T) {
	get := func(m Manners) (*http.Response, string) {
		req, err := http.NewRequest(http.MethodGet, "http"+strings.TrimPrefix(start(t, m, nil).URL(), "ws"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/nostr+json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		defer http.DefaultClient.CloseIdleConnections()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	res, body := get(Manners{Cap: 250, AuthOnly: true})
	var doc info
	if err := json.Unmarshal([]byte(body), &doc); err != nil || doc.Limitation.MaxLimit != 250 || !doc.Limitation.AuthRequired {
		t.Errorf("got %s, err %v", body, err)
	}
	if res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Content-Type") != "application/nostr+json" {
		t.Errorf("got headers %v", res.Header)
	}
	if res, body := get(Manners{NIP11: []byte("{broken"), NIP11Status: 503}); body != "{broken" || res.StatusCode != 503 {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
}
