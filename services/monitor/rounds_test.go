package monitor

import (
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// outcome is what a round must say: reasons, "" for success.
type outcome struct {
	open, read, write, nip11 string
	state                    string
	fault                    simrelay.Fault // that must have been shown, "" = none
}

var manners = map[string]struct {
	manners simrelay.Manners
	want    outcome
}{
	"honest":             {simrelay.Manners{}, outcome{state: up}},
	"greets by auth":     {simrelay.Manners{AuthOnConnect: true}, outcome{state: up}},
	"garbage":            {simrelay.Manners{Garbage: true}, outcome{state: up, fault: simrelay.FaultGarbage}},
	"auth only":          {simrelay.Manners{AuthOnly: true}, outcome{read: "closed_auth_required", write: "auth_required", state: authOnly, fault: simrelay.FaultAuth}},
	"private":            {simrelay.Manners{AuthOnConnect: true, AuthRestricted: true}, outcome{read: "closed_restricted", state: authOnly, fault: simrelay.FaultAuth}},
	"closed restricted":  {simrelay.Manners{ClosedPrefix: "restricted"}, outcome{read: "closed_restricted", state: blocked, fault: simrelay.FaultClosed}},
	"closed blocked":     {simrelay.Manners{ClosedPrefix: "blocked"}, outcome{read: "closed_blocked", state: blocked, fault: simrelay.FaultClosed}},
	"closed error":       {simrelay.Manners{ClosedPrefix: "error"}, outcome{read: "closed_error", state: down, fault: simrelay.FaultClosed}},
	"closed oddly":       {simrelay.Manners{ClosedPrefix: "go away"}, outcome{read: "closed", state: down, fault: simrelay.FaultClosed}},
	"rate limited":       {simrelay.Manners{ClosedPrefix: "rate-limited"}, outcome{read: "closed_rate_limited", state: blocked, fault: simrelay.FaultClosed}},
	"notice only":        {simrelay.Manners{NoticeOnly: true}, outcome{read: "notice", state: down, fault: simrelay.FaultNotice}},
	"no EOSE":            {simrelay.Manners{LoseEOSEEvery: 1}, outcome{read: "timeout", state: down, fault: simrelay.FaultLostEOSE}},
	"drops":              {simrelay.Manners{DropMidAnswerEvery: 1}, outcome{read: "disconnect", state: down, fault: simrelay.FaultDropped}},
	"endless":            {simrelay.Manners{EndlessStream: true}, outcome{read: "flood", state: down, fault: simrelay.FaultEndless}},
	"giant frame":        {simrelay.Manners{GiantFrame: 2 << 20}, outcome{read: "too_large", state: down, fault: simrelay.FaultGiant}},
	"takes no blocked":   {simrelay.Manners{RejectWrites: "blocked"}, outcome{write: "blocked", state: up, fault: simrelay.FaultRejected}},
	"takes no pow":       {simrelay.Manners{RejectWrites: "pow"}, outcome{write: "pow", state: up, fault: simrelay.FaultRejected}},
	"takes no invalid":   {simrelay.Manners{RejectWrites: "invalid"}, outcome{write: "invalid", state: up, fault: simrelay.FaultRejected}},
	"takes no restrict":  {simrelay.Manners{RejectWrites: "restricted"}, outcome{write: "restricted", state: up, fault: simrelay.FaultRejected}},
	"takes no rate":      {simrelay.Manners{RejectWrites: "rate-limited"}, outcome{write: "rate_limited", state: up, fault: simrelay.FaultRejected}},
	"takes no mute":      {simrelay.Manners{RejectWrites: "mute"}, outcome{write: "mute", state: up, fault: simrelay.FaultRejected}},
	"takes no error":     {simrelay.Manners{RejectWrites: "error"}, outcome{write: "error", state: up, fault: simrelay.FaultRejected}},
	"takes no reason":    {simrelay.Manners{RejectWrites: "sorry"}, outcome{write: "rejected", state: up, fault: simrelay.FaultRejected}},
	"dead, refused":      {simrelay.Manners{Dead: simrelay.Refused}, outcome{open: "refused", read: "not_open", write: "not_open", nip11: "not_open", state: down}},
	"dead, hangs":        {simrelay.Manners{Dead: simrelay.Hang}, outcome{open: "timeout", read: "not_open", write: "not_open", nip11: "timeout", state: down, fault: simrelay.FaultDead}},
	"dead, a page":       {simrelay.Manners{Dead: simrelay.HTTPOK}, outcome{open: "upgrade_200", read: "not_open", write: "not_open", nip11: "malformed", state: down, fault: simrelay.FaultDead}},
	"dead, forbidden":    {simrelay.Manners{Dead: simrelay.HTTPForbidden}, outcome{open: "upgrade_403", read: "not_open", write: "not_open", nip11: "upgrade_403", state: blocked, fault: simrelay.FaultDead}},
	"no document":        {simrelay.Manners{NIP11Status: 404}, outcome{nip11: "upgrade_404", state: up}},
	"document of 10 MB":  {simrelay.Manners{NIP11: []byte(`{"name":"` + strings.Repeat("x", 10<<20) + `"}`)}, outcome{nip11: "too_large", state: up}},
	"document of NULs":   {simrelay.Manners{NIP11: []byte(`{"name":"a\u0000b","description":"c\u0000"}`)}, outcome{state: up}},
	"lone surrogate":     {simrelay.Manners{NIP11: []byte(`{"name":"\ud800","software":"\udfff\ud800"}`)}, outcome{state: up}},
	"bytes, not UTF-8":   {simrelay.Manners{NIP11: []byte("{\"name\":\"\xff\xfe\"}")}, outcome{state: up}},
	"NIP of 26 digits":   {simrelay.Manners{NIP11: []byte(`{"supported_nips":[1,11111111111111111111111111]}`)}, outcome{state: up}},
	"document is a page": {simrelay.Manners{NIP11: []byte("<html><body>hello</body></html>")}, outcome{nip11: "malformed", state: up}},
	"document is a list": {simrelay.Manners{NIP11: []byte(`[1,2]`)}, outcome{nip11: "malformed", state: up}},
}

func TestRoundsTellMannersApart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	for name, c := range manners {
		t.Run(name, func(t *testing.T) {
			r := simrelay.New(name, c.manners, notes(3))
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Stop)
			got := p.check(r.URL(), 1)
			compare(t, got, c.want)
			if f := c.want.fault; f != "" && r.Ledger().Faults()[f] == 0 {
				t.Errorf("the relay never showed %s", f)
			}
			ownDocument(t, got, c.want, c.manners.NIP11)
			p.thrown(t, r.URL(), c.want.state)
		})
	}
}

// notes are a few signed events.
func notes(n int) (events []event.Event) {
	key := event.GenerateKey()
	for i := range n {
		events = append(events, key.Sign(int64(1_700_000_000+i), 1, nil, "note"))
	}
	return events
}

// result finds what a round says of a check.
func result(t *testing.T, got *ingest.Check, name string) *ingest.Result {
	t.Helper()
	for _, r := range got.Results {
		if r.Check == name {
			return r
		}
	}
	t.Fatalf("got no result of %s", name)
	return nil
}

func compare(t *testing.T, got *ingest.Check, want outcome) {
	t.Helper()
	for name, reason := range map[string]string{"open": want.open, "read": want.read, "write": want.write, "nip11": want.nip11} {
		r := result(t, got, name)
		if r.Reason != reason || r.Ok != (reason == "") || (r.RttMs > 0) != r.Ok {
			t.Errorf("got %s ok %v after %d ms with reason %q (%q), want reason %q", name, r.Ok, r.RttMs, r.Reason, r.Text, reason)
		}
	}
	if got.State != want.state || got.StateSince != got.CheckedAt || got.NextCheckAt <= got.CheckedAt {
		t.Errorf("got %s since %d, next at %d, checked at %d, want %s since the check", got.State, got.StateSince, got.NextCheckAt, got.CheckedAt, want.state)
	}
	if failing := want.state == down; (got.Failures == 1) != failing || (got.FailingSince == got.CheckedAt) != failing {
		t.Errorf("got %d failures since %d, want failing %v", got.Failures, got.FailingSince, failing)
	}
	if got.Vantage != "main" {
		t.Errorf("got vantage %q, want main", got.Vantage)
	}
}

// brought returns the body of one of the documents of a round, nil = there is none.
func brought(got *ingest.Check, name string) []byte {
	for _, d := range got.Documents {
		if d.Type == name {
			return d.Body
		}
	}
	return nil
}

// ownDocument wants exactly the relay's bytes, or nothing.
func ownDocument(t *testing.T, got *ingest.Check, want outcome, body []byte) {
	t.Helper()
	own := brought(got, document.NIP11)
	if (own != nil) != (want.nip11 == "") || own != nil && body != nil && string(own) != string(body) {
		t.Errorf("got the document %.200q, want %.200q", own, body)
	}
}

// thrown wants a next check in any case and a synchronization of what is readable.
func (p *place) thrown(t *testing.T, url, state string) {
	t.Helper()
	token := subject.Token(url)
	p.until("next check", func() bool { _, has := p.balls(subject.JobCheck)[token]; return has })
	if _, has := p.balls(subject.JobSync)[token]; has != (state == up) {
		t.Errorf("got a synchronization %v of a relay that is %s", has, state)
	}
}
