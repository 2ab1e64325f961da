package pgd

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	maxLine = 4 << 10
	kept    = 12 // lines
)

// lines receives what Postgres prints, logs it, and keeps the end of it to explain a failure.
type lines struct {
	log  *slog.Logger
	mu   sync.Mutex
	part []byte
	last []string
}

// Write takes output in pieces of any size; a line longer than maxLine is cut.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, complete := bytes.Cut(rest, []byte("\n"))
		l.part = append(l.part, line[:min(len(line), maxLine-len(l.part))]...)
		if complete {
			l.line(string(l.part))
			l.part = l.part[:0]
		}
		rest = after
	}
	return len(p), nil
}

func (l *lines) line(text string) {
	l.last = append(l.last, text)
	if len(l.last) > kept {
		l.last = l.last[1:]
	}
	l.log.Log(context.Background(), level(text), "Postgres printed", app.Text, app.Quote(text))
}

// tail is the last line that says what went wrong, or the last line of all.
func (l *lines) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.last) - 1; i >= 0; i-- {
		if level(l.last[i]) == slog.LevelError {
			return l.last[i]
		}
	}
	if len(l.last) == 0 {
		return ""
	}
	return l.last[len(l.last)-1]
}

// level translates the severity with which a line of Postgres begins. A failed statement is a warning: whoever
// sent it gets the error and decides.
func level(line string) slog.Level {
	word, _, _ := strings.Cut(line, ":")
	switch word {
	case "PANIC", "FATAL":
		return slog.LevelError
	case "ERROR", "WARNING":
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// lastLine is the last line of a program's output that is not empty.
func lastLine(out string) string {
	all := strings.Split(strings.TrimSpace(out), "\n")
	return all[len(all)-1]
}
