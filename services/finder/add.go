package finder

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Bounds of one request on brotr.svc.relay.add. More goes to brotr.relay.found.
const (
	maxAddBody = 256 << 10
	maxAddURLs = 200
)

// answer is one line of the reply: what became of one URL.
type answer struct {
	Line    string `json:"line,omitempty"` // of a refusal, as it stood in the request, cut at 200 bytes
	URL     string `json:"url,omitempty"`  // canonical
	Verdict string `json:"verdict"`        // accepted, known or refused
	Reason  string `json:"reason,omitempty"`
}

// errBusy is all that an asker learns of a failure of ours.
var errBusy = errors.New("the archive or the broker is not available; ask again")

// add answers a request: the same decision as for a message on brotr.relay.found, carried out before the answer is sent.
func (f *Finder) add(ctx context.Context, body []byte) ([]byte, error) {
	if len(body) > maxAddBody {
		return nil, fmt.Errorf("a request holds at most %d bytes; publish more on brotr.relay.found", maxAddBody)
	}
	found := f.parser.Found(body)
	if len(found) > maxAddURLs {
		return nil, fmt.Errorf("a request names at most %d relays; publish more on brotr.relay.found", maxAddURLs)
	}
	finds := make([]*find, 0, len(found))
	answers := make([]answer, len(found))
	place := make([]*find, len(found))
	first := map[relay.URL]*find{}
	for i, one := range found {
		if one.Err != nil {
			answers[i] = answer{Line: one.Line, Verdict: refused, Reason: relay.ReasonOf(one.Err)}
			urlsRefused.WithLabelValues(answers[i].Reason).Inc()
			continue
		}
		if first[one.URL] == nil {
			first[one.URL] = &find{line: one.Line, url: one.URL, source: sourcePeople, at: f.now()}
			finds = append(finds, first[one.URL])
		}
		place[i] = first[one.URL]
	}
	if err := f.decide(ctx, finds); err != nil {
		f.log.Warn("Added relays were put off", app.Count, len(finds), app.Err, err)
		return nil, errBusy
	}
	return reply(answers, place), nil
}

// reply writes one JSON object a line, in the order of the request.
func reply(answers []answer, place []*find) []byte {
	var lines [][]byte
	for i, a := range answers {
		if one := place[i]; one != nil {
			a = answer{URL: string(one.url), Verdict: one.verdict, Reason: one.reason}
			if one.verdict == refused {
				a.Line = one.line
			}
		}
		lines = append(lines, plainJSON(a))
	}
	return bytes.Join(lines, []byte("\n"))
}
