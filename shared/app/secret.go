package app

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "***"

// Secret is a setting that no log, error, JSON or %d shows. An empty one prints as nothing, so that its absence can
// be seen.
type Secret struct{ value string }

// NewSecret wraps a value, for tests and for secrets that do not come from the environment.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value. Whoever calls it answers for where it goes.
func (s Secret) Reveal() string { return s.value }

// IsZero tells whether the secret is not set.
func (s Secret) IsZero() bool { return s.value == "" }

// String returns three stars, or nothing when the secret is not set.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return redacted
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format is String for every verb: without it %d and %x would print the field.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for YAML and for map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is String in quotes.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// UnmarshalText takes the value as it is and cannot fail, so that no parse error repeats it.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}
