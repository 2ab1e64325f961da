package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// Max is more bytes than any document in our form has. The relay's own document is bounded by relay.MaxInfo.
const Max = 128 << 10

// Encode returns the one form of a value: JSON without white space, members in the order of the struct, `<`, `>` and `&`
// escaped for pages, no control character in any text. It fails for what is no finding at all, such as a NaN.
func Encode(value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode document: %w", err)
	}
	if body = blank(body); len(body) > Max {
		return nil, fmt.Errorf("encode document: got %d bytes, want %d at most", len(body), Max)
	}
	return body, nil
}

// blank puts spaces in place of escaped control characters: jsonb refuses \u0000, and no page wants the others.
func blank(body []byte) []byte {
	if bytes.IndexByte(body, '\\') < 0 {
		return body
	}
	out := body[:0]
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c != '\\':
			out = append(out, c)
		case body[i+1] == 'u' && bytes.HasPrefix(body[i+2:], []byte("00")) && body[i+4] < '2':
			out, i = append(out, ' '), i+5
		case bytes.IndexByte([]byte("nrtbf"), body[i+1]) >= 0:
			out, i = append(out, ' '), i+1
		default:
			out, i = append(out, c, body[i+1]), i+1
		}
	}
	return out
}

// Decode reads what Encode wrote. Members that this version does not know are passed over.
func Decode[T any](body []byte) (T, error) {
	var value T
	if len(body) > Max {
		return value, fmt.Errorf("decode document: got %d bytes, want %d at most", len(body), Max)
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return value, fmt.Errorf("decode document: %w", err)
	}
	return value, nil
}

// Message names a body by its content, as the writer wants it.
func Message(name string, body []byte) *ingest.Document {
	sum := sha256.Sum256(body)
	return &ingest.Document{Type: name, Sha256: sum[:], Body: body}
}
