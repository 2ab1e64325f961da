package app

import (
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys of log attributes. Every line of every service uses these and no others, so that one query finds the same
// thing everywhere.
const (
	ServiceName = "service"  // name of the service that speaks
	Relay       = "relay"    // canonical relay URL
	Network     = "network"  // clearnet, tor, i2p or loki
	Stream      = "stream"   // JetStream stream
	Subject     = "subject"  // NATS subject
	Consumer    = "consumer" // JetStream consumer
	Batch       = "batch"    // messages or events in one write
	Rule        = "rule"     // name of a rule of retention
	Requests    = "requests" // questions to one relay
	Job         = "job"      // validate, check or sync
	CheckName   = "check"    // name of a check of the monitor
	Source      = "source"   // where a relay URL was found
	New         = "new"      // rows that were not there before
	Known       = "known"    // rows that were
	Refused     = "refused"  // things turned away; reason says why
	Outcome     = "outcome"  // token of a bounded set: what came of it
	Reason      = "reason"   // token of a bounded set: why
	Attempt     = "attempt"  // number of the try, from 1
	Took        = "took_ms"  // milliseconds
	Wait        = "wait_ms"  // milliseconds until the next try
	Err         = "err"      // error of our own making
	Text        = "text"     // stranger's text, always through Quote
	Addr        = "addr"     // address of one of our listeners
	Dir         = "dir"      // directory on this machine
	File        = "file"     // file on this machine
	PID         = "pid"      // process id
	Version     = "version"  // of a program or a schema
	Bytes       = "bytes"    // a size
	Count       = "count"    // a number of things without a key of its own
)

// MaxQuoted is how many bytes of a stranger's text reach a log line or an error, quotes and escapes not counted.
const MaxQuoted = 200

// NewLogger builds the logger of a process. Level is debug, info, warn or error; format is text, json or auto, which
// is text on a terminal and JSON elsewhere. An unknown word means info or auto; Load has refused it before, where a person
// typed it.
func NewLogger(level, format string, w io.Writer, isTTY bool) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "text" || (format != "json" && isTTY) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// Quote makes a stranger's text safe to print: cut to MaxQuoted bytes on a rune boundary, in double quotes, with
// control, format (so bidirectional) and invalid bytes escaped. A cut is shown by a trailing ellipsis.
func Quote(s string) string {
	short := cut(s, MaxQuoted)
	var b strings.Builder
	b.WriteByte('"')
	for len(short) > 0 {
		r, size := utf8.DecodeRuneInString(short)
		b.WriteString(escape(r, short[:size]))
		short = short[size:]
	}
	b.WriteByte('"')
	if len(s) > MaxQuoted {
		b.WriteString("…")
	}
	return b.String()
}

// cut shortens s to at most n bytes without splitting a valid rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for back := 0; back < utf8.UTFMax && n-back > 0; back++ {
		if utf8.RuneStart(s[n-back]) {
			return s[:n-back]
		}
	}
	return s[:n]
}

// escape renders one rune inside double quotes; raw is its encoding, which matters only when it is invalid.
func escape(r rune, raw string) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + raw
	case r == utf8.RuneError && len(raw) == 1, !unicode.IsPrint(r):
		quoted := strconv.QuoteToASCII(raw)
		return quoted[1 : len(quoted)-1]
	}
	return raw
}
