package relay

import (
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

func TestCountOfARelay(t *testing.T) {
	r := sim(t, simrelay.Manners{Cap: 3}, notes(10)...)
	conn := connect(t, localDialer(), URL(r.URL()))
	since := int64(1002)
	if got, err := conn.Count(t.Context(), event.Filter{Since: &since}, 0); err != nil || got != (Count{N: 8}) {
		t.Errorf("Count got %+v and %v, want 8", got, err)
	}
}

func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   Count
		reason string
	}{
		"zero":           {`["COUNT","SUB",{"count":0}]`, Count{}, ""},
		"most":           {`["COUNT","SUB",{"count":9007199254740992,"approximate":false}]`, Count{N: 1 << 53}, ""},
		"approximate":    {`["COUNT","SUB",{"count": 93412452 ,"approximate":true,"hll":"` + strings.Repeat("0f", 256) + `"}]`, Count{93412452, true}, ""},
		"too much":       {`["COUNT","SUB",{"count":9007199254740993}]`, Count{}, "malformed"},
		"negative":       {`["COUNT","SUB",{"count":-1}]`, Count{}, "malformed"},
		"fraction":       {`["COUNT","SUB",{"count":1.0}]`, Count{}, "malformed"},
		"exponent":       {`["COUNT","SUB",{"count":1e3}]`, Count{}, "malformed"},
		"string":         {`["COUNT","SUB",{"count":"1"}]`, Count{}, "malformed"},
		"other case":     {`["COUNT","SUB",{"COUNT":1}]`, Count{}, "malformed"},
		"nothing":        {`["COUNT","SUB"]`, Count{}, "malformed"},
		"a number alone": {`["COUNT","SUB",7]`, Count{}, "malformed"},
		"leading zero":   {`["COUNT","SUB",{"count":01}]`, Count{}, "malformed"},
		"odd word":       {`["COUNT","SUB",{"count":1,"approximate":1}]`, Count{}, "malformed"},
		"long":           {`["COUNT","SUB",{"count":1,"x":"` + strings.Repeat("x", maxCountBody) + `"}]`, Count{}, "too_large"},
		"CLOSED":         {`["CLOSED","SUB","unsupported: no"]`, Count{}, "closed_unsupported"},
		"NOTICE":         {`["NOTICE","error: unknown command"]`, Count{}, "notice_error"},
		"AUTH":           {`["AUTH","x"]`, Count{}, "auth"},
		"silence":        {`["COUNT","x",{"count":1}]`, Count{}, "timeout"},
		"notice and 0":   {`["NOTICE","restricted: log in"]` + "\n" + `["COUNT","SUB",{"count":0}]`, Count{}, "notice_restricted"},
		"chatter":        {`["NOTICE","welcome"]` + "\n" + `["COUNT","SUB",{"count":5}]`, Count{N: 5}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, localDialer(), serve(t, func(p *peer) {
				message, _ := p.read()
				if message != `["COUNT","b1",{"kinds":[1]}]` {
					t.Errorf("relay got %s", message)
				}
				p.sub = "b1"
				p.send(strings.Split(c.answer, "\n")...)
				p.wait()
			}))
			got, err := conn.Count(t.Context(), event.Filter{Kinds: []uint16{1}}, 200*time.Millisecond)
			if got != c.want || (err != nil) != (c.reason != "") || err != nil && ReasonOf(err) != c.reason {
				t.Errorf("Count got %+v and %v, want %+v and %q", got, err, c.want, c.reason)
			}
		})
	}
}

func FuzzCount(f *testing.F) {
	f.Add([]byte(`{"count":5,"approximate":true,"hll":"00"}`))
	f.Add([]byte(`{"count":9007199254740993}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c Count
		if err := c.read(raw); err == nil && (c.N < 0 || c.N > maxCount) || err != nil && c.N != 0 {
			t.Fatalf("read(%q) got %+v and %v", raw, c, err)
		}
	})
}
