package document

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/wI2L/jsondiff"
)

// Patch returns the operations (RFC 6902) that make the later version of a document out of the earlier one; an empty
// list when both say the same. It fails when either is not JSON, as a relay's own document may be. Numbers keep all their
// digits. Lists are compared place by place, so that the work grows with the size of the document and no faster.
func Patch(before, after []byte) (json.RawMessage, error) {
	patch, err := jsondiff.CompareJSON(before, after, jsondiff.UnmarshalFunc(exact))
	if err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	if len(patch) == 0 {
		return json.RawMessage("[]"), nil
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("encode patch: %w", err)
	}
	return text, nil
}

// exact decodes one value with its numbers as they are written.
func exact(text []byte, into any) error {
	if !json.Valid(text) {
		return fmt.Errorf("it is not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}
