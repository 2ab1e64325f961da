package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	// originalVantage is where the original's monitor stood: it did not say.
	originalVantage = "bigbrotr"
	// originalFindings is how many are read at once, and maxEnvelope how long one may be: a document, spaced out, and its log.
	originalFindings = 250
	maxEnvelope      = 2 * relay.MaxInfo
	// failed is the reason of a past failure; the original had words only, which go along.
	failed       = "failed"
	maxPastWords = 200
	longestRTT   = 3_600_000 // ms
)

// originalTypes are what the original's monitor kept; true = it is imported.
var originalTypes = map[string]bool{"nip11_info": true, "nip66_rtt": true, "nip66_ssl": false, "nip66_geo": false,
	"nip66_net": false, "nip66_dns": false, "nip66_http": false}

// history puts what the original's monitor found, relay by relay in the order of time, if it kept that.
func (s *Original) history(ctx context.Context, at *originalPlace, put func(*load) error) error {
	if has, err := s.Store.HasHistory(ctx); err != nil || !has {
		return err
	}
	if at.History == nil {
		at.History = &store.OriginalMoment{}
	}
	for {
		page, err := s.Store.History(ctx, *at.History, originalFindings, maxEnvelope)
		if err != nil || len(page) == 0 {
			return err
		}
		at.History = &page[len(page)-1].OriginalMoment
		if err := s.put(at, len(page), put, func() outcome { return s.checkHistory(page) }); err != nil {
			return err
		}
	}
}

// checkHistory makes past checks of findings and counts what is none.
func (s *Original) checkHistory(page []store.OriginalFinding) (o outcome) {
	o.tally.lines = int64(len(page))
	var p pastBatch
	for _, f := range page {
		o.tally.bytes += int64(len(f.Envelope))
		check, why := s.pastCheck(f)
		if why != "" {
			o.tally.skip(why)
			continue
		}
		o.count("checks", len(check.Results))
		o.count("documents", len(check.Documents))
		p.add(check)
	}
	o.batches = p.end()
	return o
}

// pastCheck returns a finding as a check, or why it is left out.
func (s *Original) pastCheck(f store.OriginalFinding) (c *ingest.Check, why string) {
	imported, known := originalTypes[f.Type]
	url, err := s.Parser.Parse(f.Relay)
	switch {
	case !known:
		return nil, "finding of another type"
	case !imported:
		return nil, f.Type
	case err != nil:
		return nil, "finding on a relay whose URL is none"
	case f.At <= 0 || f.At > time.Now().Unix():
		return nil, f.Type + " at an impossible time"
	}
	c = &ingest.Check{Relay: string(url), Vantage: originalVantage, CheckedAt: f.At}
	if f.Type == "nip66_rtt" {
		c.Results = pastResults(f.Envelope)
	} else if body := pastInfo(f.Envelope); body != nil {
		c.Documents = []*ingest.Document{document.Message(document.NIP11, body)}
	}
	if len(c.Results)+len(c.Documents) == 0 {
		return nil, f.Type + " with nothing to import"
	}
	return c, ""
}

// pastInfo is the document in an envelope without white space, as the original had read it; nil = none that holds anything.
func pastInfo(envelope []byte) []byte {
	var e struct{ Data json.RawMessage }
	var body bytes.Buffer
	if json.Unmarshal(envelope, &e) != nil || json.Compact(&body, e.Data) != nil || body.Len() > relay.MaxInfo {
		return nil
	}
	if _, ok := relay.ParseInfo(body.Bytes()); !ok || body.String() == "{}" {
		return nil
	}
	return body.Bytes()
}

// pastResults are open, read and write, as far as an envelope tells of them.
func pastResults(envelope []byte) (results []*ingest.Result) {
	var e struct{ Data, Logs map[string]any }
	if json.Unmarshal(envelope, &e) != nil {
		return nil
	}
	for _, name := range []string{document.Open, document.Read, document.Write} {
		ms, measured := e.Data["rtt_"+name].(float64)
		ok, logged := e.Logs[name+"_success"].(bool)
		if !measured && !logged {
			continue
		}
		r := &ingest.Result{Check: name, Ok: ok || !logged, RttMs: uint32(min(max(ms, 0), longestRTT))}
		if !r.Ok {
			words, _ := e.Logs[name+"_reason"].(string)
			r.Reason, r.Text = failed, relay.Tidy(words, maxPastWords)
		}
		results = append(results, r)
	}
	return results
}

// pastBatch gathers checks into messages. Of a document that a relay showed again and again, the first and the last sighting
// are its history.
type pastBatch struct {
	batches []*ingest.Batch
	checks  []*ingest.Check
	size    int
	last    [2]*ingest.Check // with documents
}

func (p *pastBatch) add(c *ingest.Check) {
	if len(c.Documents) > 0 {
		if p.again(p.last[0], c) && p.again(p.last[1], c) {
			p.last[1].CheckedAt = c.CheckedAt
			return
		}
		p.last = [2]*ingest.Check{p.last[1], c}
	}
	size := 64 + len(c.Relay) + 100*len(c.Results)
	for _, d := range c.Documents {
		size += len(d.Body)
	}
	if p.size+size > ingest.MaxBatchBytes/2 {
		p.close()
	}
	p.checks, p.size = append(p.checks, c), p.size+size
}

func (p *pastBatch) again(old, c *ingest.Check) bool {
	return old != nil && old.Relay == c.Relay && bytes.Equal(old.Documents[0].Sha256, c.Documents[0].Sha256)
}

func (p *pastBatch) close() {
	if len(p.checks) > 0 {
		p.batches = append(p.batches, &ingest.Batch{Imports: []*ingest.Import{{Source: "bigbrotr", ReadAt: time.Now().Unix(), Checks: p.checks}}})
	}
	p.checks, p.size = nil, 0
}

func (p *pastBatch) end() []*ingest.Batch {
	p.close()
	return p.batches
}
