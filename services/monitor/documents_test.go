package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// said makes the results of a round at a relay that says these words wherever it may say any.
func said(words string, own []byte) []Result {
	fetched := Result{Check: document.NIP11, Documents: []*ingest.Document{document.Message(document.NIP11, own)}}
	answer := document.InfoAnswer{Status: 200, ContentType: relay.Tidy(words, 256), Bytes: len(own), Fault: document.FaultNotJSON}
	if info, ok := relay.ParseInfo(own); ok {
		answer.Fault, answer.Claims = "", &info.Claims
	}
	tidy := relay.Tidy(words, maxCertName)
	return []Result{
		{Check: document.Read, Err: &relay.Error{Class: relay.ClassClosed, Text: words}},
		Result{Check: document.Write, Err: &rejection{relay.OK{Text: words}}}.bring(document.Write, document.Writing{Requirement: requirement(words, answer.Claims), Bits: demanded(answer.Claims, words)}),
		fetched.bring(document.Answer, answer),
		Result{Check: document.HTTP}.bring(document.HTTP, document.Headers{Server: relay.Tidy(words, maxHeader)}),
		Result{Check: document.TLS}.bring(document.TLS, document.Certificate{Issuer: tidy, Subject: tidy, SANs: []string{tidy}}),
		Result{Check: document.DNS}.bring(document.DNS, document.NameRecords{CNAME: []string{tidy}, PTR: []string{tidy}}),
		Result{Check: document.Geo}.bring(document.Geo, document.Place{City: tidy}),
		Result{Check: document.Net}.bring(document.Net, document.Networks{IPv4: &document.Announced{Organisation: tidy}}),
	}
}

type stored struct {
	Relay, Type string
	Body        []byte
	Value       *string
}

// FuzzDocumentsReachPostgres writes the round of a relay that says anything, in one message with that of a neighbour, and
// reads both back as JSON: nothing that one relay says may keep its own findings or another's from being stored.
func FuzzDocumentsReachPostgres(f *testing.F) {
	f.Add("plain", []byte(`{"name":"relay","supported_nips":[1,11]}`))
	f.Add("nul \x00 and \xff and \u202e", []byte("{\"name\":\"\x00\xff\"}"))
	f.Add("surrogate \xed\xa0\x80", []byte(`{"name":"\ud800","supported_nips":[11111111111111111111111111],"limitation":{"max_limit":1e400}}`))
	f.Add(`<script>alert("1")</script>\u0000`, []byte(`{"description":"\u0000\b\f\n\\u0000","tags":["\u0000",7,null,"<i>"]}`))
	f.Add("pow: 99999999999999999999 > 300 > 28", []byte(`{"limitation":{"min_pow_difficulty":99999999999999999999999999}}`))
	f.Add(strings.Repeat("\u20ac", 100), []byte("<html>"))
	f.Add("", []byte{})
	dsn := testkit.Postgres(f)
	archive := testkit.Store(f, dsn)
	var second atomic.Int64
	f.Fuzz(func(t *testing.T, words string, own []byte) {
		at := time.Unix(1_800_000_000+second.Add(1), 0)
		loud, neighbour := fmt.Sprintf("wss://loud%d.example.com", at.Unix()), fmt.Sprintf("wss://quiet%d.example.com", at.Unix())
		var batch ingest.Batch
		for url, results := range map[string][]Result{loud: said(words, own), neighbour: said("hello", []byte(`{"name":"neighbour"}`))} {
			r := &round{url: relay.URL(url), at: at, tools: &tools{}, results: results}
			batch.Checks = append(batch.Checks, r.report("main", realPace.decide(store.State{}, false, up, at), at).Checks...)
		}
		wire, err := ingest.Encode(&batch)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		decoded, err := ingest.Decode(wire)
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if _, err := archive.Write(t.Context(), []*ingest.Batch{decoded}, store.WriteOptions{SightingRefresh: time.Hour, Now: at}); err != nil {
			t.Fatalf("write: %v", err)
		}
		rows := testkit.Rows[stored](t, dsn, "SELECT relay, type, body, value::text FROM relay_documents WHERE relay = ANY ($1) ORDER BY 1, 2", []string{loud, neighbour})
		if len(rows) != 16 {
			t.Fatalf("got %d documents, want 8 of each relay", len(rows))
		}
		for _, row := range rows {
			row.wellKept(t, row.Relay == loud, own)
		}
	})
}

// wellKept wants the relay's own bytes as they were, and everything of our form as JSON that is fit for a page.
func (row stored) wellKept(t *testing.T, loud bool, own []byte) {
	t.Helper()
	switch {
	case row.Type == document.NIP11 && loud:
		if !bytes.Equal(row.Body, own) {
			t.Errorf("got %q, want the relay's %q", row.Body, own)
		}
	case row.Type == document.NIP11:
		if string(row.Body) != `{"name":"neighbour"}` {
			t.Errorf("the neighbour's own document came out as %q", row.Body)
		}
	case row.Value == nil || !json.Valid(row.Body) || !utf8.Valid(row.Body) || bytes.ContainsAny(row.Body, "<>&\x00\x1b\n"):
		t.Errorf("got the document %s %q", row.Type, row.Body)
	case !loud && row.Type == document.HTTP && string(row.Body) != `{"server":"hello"}`:
		t.Errorf("the neighbour's document came out as %q", row.Body)
	}
}
