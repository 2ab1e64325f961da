package importer

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// FuzzEnvelopes reads whatever may be in a row of the original.
func FuzzEnvelopes(f *testing.F) {
	f.Add([]byte(`{"data":{"rtt_open":1e300,"rtt_read":-1},"logs":{"open_success":false,"open_reason":"\u0000"}}`))
	f.Add([]byte(`{"data": {"name": "a", "limitation": {}}, "logs": {"success": true}}`))
	f.Add([]byte(`{"data":null}`))
	f.Fuzz(func(t *testing.T, envelope []byte) {
		if body := pastInfo(envelope); body != nil && (!json.Valid(body) || body[0] != '{' || len(body) > relay.MaxInfo) {
			t.Errorf("got a document of %d bytes that is none: %.100q", len(body), body)
		}
		for _, r := range pastResults(envelope) {
			if r.RttMs > longestRTT || len(r.Text) > maxPastWords || bytes.ContainsRune([]byte(r.Text), 0) || r.Ok != (r.Reason == "") {
				t.Errorf("got %v, want it bounded", r)
			}
		}
	})
}
