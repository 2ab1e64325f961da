package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

const (
	// MaxInfo is the largest NIP-11 document in bytes, after decompression.
	MaxInfo   = 128 << 10
	maxNIPs   = 256
	maxNIP    = 1 << 16
	maxWord   = 256 // bytes of a name, software or version
	mediaType = "application/nostr+json"
)

// Info is what a relay says about itself (NIP-11): the bytes as they came, and a tolerant reading of them. A field of
// the wrong type is empty and takes no other with it. Texts are untrusted and cut at 256 bytes.
type Info struct {
	Raw         []byte
	Status      int
	ContentType string
	CORS        bool // the response lets browsers of other origins read it, as NIP-11 demands

	Name, Software, Version string
	SupportedNIPs           []int // at most 256, in the order given, each once

	MaxLimit, DefaultLimit, MaxSubscriptions, MaxMessageLength int
	AuthRequired, PaymentRequired, RestrictedWrites            bool
}

// Info fetches a relay's information document. Only an answer of status 200 with a JSON object is one, whatever its
// content type; anything else is an *Error beside an Info with what did arrive. Redirects, at most two, go through the
// guard. ctx bounds the whole.
func (d *Dialer) Info(ctx context.Context, u URL) (Info, error) {
	if d.opt.Deny.Denies(u) {
		return Info{}, &Error{Class: ClassDenied}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.HTTP(), nil)
	if err != nil {
		return Info{}, &Error{Class: ClassMalformed, Err: err}
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("Origin", "https://relay-monitor.example") // some relays send CORS headers to browsers alone
	resp, err := d.HTTPClient().Do(req)
	if err != nil {
		return Info{}, httpError(err)
	}
	defer resp.Body.Close()
	info := Info{
		Status:      resp.StatusCode,
		ContentType: cut(resp.Header.Get("Content-Type")),
		CORS:        resp.Header.Get("Access-Control-Allow-Origin") != "",
	}
	if info.Raw, err = readBody(resp.Body, MaxInfo); err != nil {
		return info, err
	}
	if info.Status != http.StatusOK {
		return info, &Error{Class: ClassUpgrade, Status: info.Status, Text: cut(resp.Status)}
	}
	if !info.read() {
		return info, &Error{Class: ClassMalformed}
	}
	return info, nil
}

// ParseInfo reads a document that was fetched before; false means that it is not a JSON object.
func ParseInfo(raw []byte) (Info, bool) {
	info := Info{Raw: raw}
	return info, info.read()
}

func (i *Info) read() bool {
	doc, ok := object(bytes.TrimPrefix(i.Raw, []byte("\ufeff")))
	if !ok {
		return false
	}
	i.Name, i.Software, i.Version = word(doc["name"]), word(doc["software"]), word(doc["version"])
	i.SupportedNIPs = nips(doc["supported_nips"])
	limits, _ := object(doc["limitation"])
	i.MaxLimit, i.DefaultLimit = count(limits["max_limit"]), count(limits["default_limit"])
	i.MaxSubscriptions, i.MaxMessageLength = count(limits["max_subscriptions"]), count(limits["max_message_length"])
	i.AuthRequired, i.PaymentRequired = yes(limits["auth_required"]), yes(limits["payment_required"])
	i.RestrictedWrites = yes(limits["restricted_writes"])
	return true
}

func object(raw []byte) (map[string]json.RawMessage, bool) {
	var doc map[string]json.RawMessage
	return doc, json.Unmarshal(raw, &doc) == nil && doc != nil
}

func word(raw []byte) string {
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return strings.ToValidUTF8(s[:min(len(s), maxWord)], "\ufffd")
}

// count reads a whole number of zero or more; a limit that is none is 0, "not said".
func count(raw []byte) int {
	var n int
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil || n < 0 {
		return 0
	}
	return n
}

func yes(raw []byte) bool { return string(raw) == "true" }

func nips(raw []byte) []int {
	var items []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var out []int
	seen := map[int]bool{}
	for _, item := range items {
		n, ok := nip(item)
		if !ok || seen[n] || len(out) == maxNIPs {
			continue
		}
		seen[n] = true
		out = append(out, n)
	}
	return out
}

func nip(raw []byte) (int, bool) {
	var n int
	if string(raw) == "null" || json.Unmarshal(raw, &n) != nil || n < 0 || n > maxNIP {
		return 0, false
	}
	return n, true
}
