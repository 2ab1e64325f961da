package relay

import (
	"context"
	"net/http"
)

const (
	// MaxInfo is the largest NIP-11 document in bytes, after decompression.
	MaxInfo   = 128 << 10
	mediaType = "application/nostr+json"
)

// Info is the answer to a request for a relay's information document (NIP-11): the bytes as they came, and a tolerant
// reading of them.
type Info struct {
	Raw         []byte
	Status      int    // of HTTP, 0 = no answer came
	ContentType string // tidied and cut, as all texts are
	CORS        CORS
	Redirected  string // where the answer came from in the end; "" = from where it was asked for

	Claims
}

// CORS are the headers that let browsers of other origins read the document, as NIP-11 demands.
type CORS struct {
	Origin  string `json:"origin,omitempty"`
	Headers string `json:"headers,omitempty"`
	Methods string `json:"methods,omitempty"`
}

// Complete says whether the relay sends all three, as it must.
func (c CORS) Complete() bool { return c.Origin != "" && c.Headers != "" && c.Methods != "" }

// Info fetches a relay's information document. Only an answer of status 200 with a JSON object is one, whatever its
// content type; anything else is an *Error beside an Info with what did arrive. Redirects, at most two, go through the
// guard. ctx bounds the whole.
func (d *Dialer) Info(ctx context.Context, u URL) (Info, error) {
	if d.denies(u) {
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
		ContentType: headerWord(resp.Header, "Content-Type"),
		CORS: CORS{headerWord(resp.Header, "Access-Control-Allow-Origin"),
			headerWord(resp.Header, "Access-Control-Allow-Headers"), headerWord(resp.Header, "Access-Control-Allow-Methods")},
	}
	if resp.Request.Response != nil { // the redirect that led here
		info.Redirected = Tidy(resp.Request.URL.String(), maxWord)
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

// headerWord is one header, tidied and cut.
func headerWord(h http.Header, name string) string { return Tidy(h.Get(name), maxWord) }

// ParseInfo reads a document that was fetched before; false means that it is not a JSON object.
func ParseInfo(raw []byte) (Info, bool) {
	info := Info{Raw: raw}
	return info, info.read()
}
