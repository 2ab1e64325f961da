package event

// Reason says why bytes were refused. The set is closed, so a Reason is safe as a metrics label.
type Reason string

// The reasons, from the cheapest check to the dearest. BadSignature is never returned by Parse, which does not check it.
const (
	TooLarge     Reason = "too_large"
	BadUTF8      Reason = "bad_utf8"
	BadJSON      Reason = "bad_json"
	BadShape     Reason = "bad_shape"
	BadHex       Reason = "bad_hex"
	BadNumber    Reason = "bad_number"
	TooManyTags  Reason = "too_many_tags"
	IDMismatch   Reason = "id_mismatch"
	BadSignature Reason = "bad_signature"
)

// Error is every failure of this package's parsers. Detail is our own wording, never a stranger's.
type Error struct {
	Reason Reason
	Detail string
}

// Error prints the reason and the detail.
func (e *Error) Error() string {
	if e.Detail == "" {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Detail
}
