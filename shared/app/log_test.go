package app

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestLoggerFormats(t *testing.T) {
	for _, c := range []struct {
		level, format string
		tty           bool
		want          string
	}{
		{"info", "auto", true, "level=INFO"},
		{"info", "auto", false, `"level":"INFO"`},
		{"info", "json", true, `"level":"INFO"`},
		{"info", "text", false, "level=INFO"},
		{"warn", "text", false, ""},
		{"nonsense", "nonsense", false, `"level":"INFO"`},
	} {
		var out bytes.Buffer
		log := NewLogger(c.level, c.format, &out, c.tty)
		log.Debug("page stored")
		log.Info("page stored", New, 3)
		if got := out.String(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") || strings.Contains(got, "DEBUG") {
			t.Errorf("%+v: got %q", c, got)
		}
	}
	var out bytes.Buffer
	NewLogger("debug", "json", &out, false).Debug("page stored")
	if out.Len() == 0 {
		t.Error("got nothing at level debug")
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                       `""`,
		"plain":                  `"plain"`,
		"snow ☃ ü":               `"snow ☃ ü"`,
		`say "x" \ y`:            `"say \"x\" \\ y"`,
		"two\nlines\r\t":         `"two\nlines\r\t"`,
		"\x1b[31mred":            `"\x1b[31mred"`,
		"a\u202eb\u2066c\u200fd": `"a\u202eb\u2066c\u200fd"`,
		"nul\x00":                `"nul\x00"`,
		"bad\xff\xfe":            `"bad\xff\xfe"`,
		"\ufeffbom\u00a0":        `"\ufeffbom\u00a0"`,
		"\u2028line":             `"\u2028line"`,
		"\ufffd":                 "\"\ufffd\"",
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestQuoteCutsOnRunes(t *testing.T) {
	for in, want := range map[string]string{
		strings.Repeat("x", 200):         `"` + strings.Repeat("x", 200) + `"`,
		strings.Repeat("x", 201):         `"` + strings.Repeat("x", 200) + `"…`,
		strings.Repeat("x", 199) + "üü":  `"` + strings.Repeat("x", 199) + `"…`,
		strings.Repeat("x", 197) + "😀😀":  `"` + strings.Repeat("x", 197) + `"…`,
		strings.Repeat("x", 198) + "üxx": `"` + strings.Repeat("x", 198) + `ü"…`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a", "\x1b]0;x\a", "\u202e", "\xff\xff", strings.Repeat("\x80", 300), strings.Repeat("é", 150)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Quote(in)
		if !utf8.ValidString(got) {
			t.Fatalf("got invalid text %q", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("got %q in %q", r, got)
			}
		}
		if len(got) > 10*MaxQuoted || !strings.HasPrefix(got, `"`) {
			t.Fatalf("got %d bytes", len(got))
		}
		if strings.HasSuffix(got, "…") != (len(in) > MaxQuoted) {
			t.Fatalf("got %q for %d bytes", got, len(in))
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	if !Sleep(t.Context(), time.Millisecond) {
		t.Error("got false after the time was over, want true")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if Sleep(ctx, time.Hour) {
		t.Error("got true after the context ended, want false")
	}
}

func TestJitter(t *testing.T) {
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for range 10_000 {
		got := Jitter(time.Hour, 0.1)
		low, high = min(low, got), max(high, got)
	}
	if low < 54*time.Minute || high > 66*time.Minute {
		t.Errorf("got %s to %s, want 54m to 66m", low, high)
	}
	if low > 55*time.Minute || high < 65*time.Minute {
		t.Errorf("got only %s to %s of 54m to 66m", low, high)
	}
	for _, c := range []struct {
		d     time.Duration
		share float64
		low   time.Duration
		high  time.Duration
	}{
		{time.Second, 0, time.Second, time.Second},
		{time.Second, -1, time.Second, time.Second},
		{time.Second, 5, 0, 2 * time.Second},
		{time.Second, math.NaN(), time.Second, time.Second},
		{0, 0.5, 0, 0},
		{-time.Second, 0.5, -time.Second, -time.Second},
		{math.MaxInt64, 1, 0, math.MaxInt64},
	} {
		for range 100 {
			if got := Jitter(c.d, c.share); got < c.low || got > c.high {
				t.Fatalf("Jitter(%s, %v): got %s", c.d, c.share, got)
			}
		}
	}
}
