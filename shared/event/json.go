package event

import (
	"encoding/hex"
	"strconv"
)

// AppendJSON writes the event as compact JSON with NIP-01's seven members, id first. It is always valid JSON and Parse
// reads the same event from it: a control character that is raw in the signed text is written as \u00xx. There is no
// MarshalJSON on purpose: encoding/json would re-escape < > & in what it returns, and a wire preimage would not survive that.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = hex.AppendEncode(dst, e.ID[:])
	dst = append(dst, `","pubkey":"`...)
	dst = hex.AppendEncode(dst, e.PubKey[:])
	dst = append(dst, `","created_at":`...)
	dst = strconv.AppendInt(dst, e.CreatedAt, 10)
	dst = append(dst, `,"kind":`...)
	dst = strconv.AppendUint(dst, uint64(e.Kind), 10)
	dst = append(dst, `,"tags":`...)
	dst = appendSafe(dst, orEmpty(e.Tags, `[]`))
	dst = append(dst, `,"content":`...)
	dst = appendSafe(dst, orEmpty(e.Content, `""`))
	dst = append(dst, `,"sig":"`...)
	dst = hex.AppendEncode(dst, e.Sig[:])
	return append(dst, `"}`...)
}

// jsonLen returns the length of what AppendJSON writes, or a little more.
func (e *Event) jsonLen() int {
	const frame = len(`{"id":"","pubkey":"","created_at":,"kind":,"tags":,"content":,"sig":""}`) + 64 + 64 + 128
	digits := len(strconv.FormatInt(e.CreatedAt, 10)) + len(strconv.Itoa(int(e.Kind)))
	text := max(len(e.Tags), len(`[]`)) + max(len(e.Content), len(`""`))
	const more = len(`\u0000`) - 1
	return frame + digits + text + more*(countControls(e.Tags)+countControls(e.Content))
}

// appendSafe copies a signed text and escapes its raw control characters.
func appendSafe(dst, text []byte) []byte {
	start := 0
	for i, c := range text {
		if c < 0x20 {
			dst = appendUnicodeEscape(append(dst, text[start:i]...), rune(c))
			start = i + 1
		}
	}
	return append(dst, text[start:]...)
}

// countControls returns how many raw control characters a signed text holds.
func countControls(text []byte) int {
	count := 0
	for _, c := range text {
		if c < 0x20 {
			count++
		}
	}
	return count
}

// orEmpty returns text, or the JSON of an empty value where an event was made without one.
func orEmpty(text []byte, empty string) []byte {
	if len(text) == 0 {
		return []byte(empty)
	}
	return text
}
