package diagnosis

import (
	"fmt"
	"mime"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
)

// mediaType is that of a relay information document (NIP-11).
const mediaType = "application/nostr+json"

var information = []finding{
	{"nip11-missing", Faulty, "It has no information document", "Answer GET with Accept: application/nostr+json at the relay's own URL (NIP-11).",
		answered(func(a document.InfoAnswer) (string, bool) {
			return fmt.Sprintf("status %d", a.Status), a.Fault == "status"
		})},
	{"nip11-invalid", Faulty, "Its information document is not a JSON object", "Serve the JSON itself: not a page, not a list, not a truncated body.",
		answered(func(a document.InfoAnswer) (string, bool) { return a.ContentType, a.Fault == "malformed" })},
	{"nip11-too-large", Faulty, "Its information document is too large", "Keep it under 128 KiB; link to images and long texts.",
		answered(func(a document.InfoAnswer) (string, bool) {
			return fmt.Sprintf("%d bytes read", a.Bytes), a.Fault == "too_large"
		})},
	{"cors-missing", Faulty, "Browsers may not read its information document", "Send Access-Control-Allow-Origin: *, -Headers and -Methods with it; NIP-11 demands all three.", cors},
	{"content-type", Notice, "Its information document has the wrong content type", "Send Content-Type: application/nostr+json.", contentType},
	{"redirect", Notice, "Its information document is at another URL", "Serve it where the relay is: some clients do not follow, and others keep the wrong name.",
		answered(func(a document.InfoAnswer) (string, bool) { return a.Redirected, a.Redirected != "" })},
	{"no-contact", Notice, "It names nobody to ask", "Set contact or pubkey in NIP-11, so that people can tell you when something breaks.",
		answered(func(a document.InfoAnswer) (string, bool) {
			return "", a.Claims != nil && a.Claims.Contact == "" && a.Claims.PubKey == ""
		})},
}

// answered asks the answer to the request for the document, where there is one.
func answered(holds func(document.InfoAnswer) (string, bool)) func(Evidence) (string, bool) {
	return func(e Evidence) (string, bool) {
		if e.Answer == nil || e.Answer.Status == 0 {
			return "", false
		}
		return holds(*e.Answer)
	}
}

func cors(e Evidence) (string, bool) {
	if e.claims() == nil || e.Answer.CORS.Complete() {
		return "", false
	}
	var lacks []string
	for _, h := range [][2]string{{"Origin", e.Answer.CORS.Origin}, {"Headers", e.Answer.CORS.Headers}, {"Methods", e.Answer.CORS.Methods}} {
		if h[1] == "" {
			lacks = append(lacks, "Access-Control-Allow-"+h[0])
		}
	}
	return "without " + strings.Join(lacks, ", "), true
}

func contentType(e Evidence) (string, bool) {
	if e.claims() == nil {
		return "", false
	}
	kind, _, _ := mime.ParseMediaType(e.Answer.ContentType)
	return e.Answer.ContentType, kind != mediaType
}
