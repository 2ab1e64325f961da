package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
)

// isTerminal says whether a person reads what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colour puts a text between the escape sequences of a colour, on a terminal that wants them.
func (e *env) colour(code, text string) string {
	if !isTerminal(e.stdout) || e.environ["NO_COLOR"] != "" || e.environ["TERM"] == "dumb" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// writeJSON writes one value: indented for a person, on one line for a program.
func (e *env) writeJSON(value any) error {
	var text []byte
	var err error
	if isTerminal(e.stdout) {
		text, err = json.MarshalIndent(value, "", "  ")
	} else {
		text, err = json.Marshal(value)
	}
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	_, err = fmt.Fprintln(e.stdout, plain(string(text)))
	return err
}

// plain escapes what cannot be seen inside JSON strings, so that a stranger's text cannot colour a terminal, turn a line
// around or hide a part of it.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// columns aligns cells that are separated by tabs.
func columns(w io.Writer, lines ...string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		if _, err := fmt.Fprintln(t, line); err != nil {
			return err
		}
	}
	return t.Flush()
}

// instant is a time for people, and "never" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
