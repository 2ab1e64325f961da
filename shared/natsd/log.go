package natsd

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// lines receives what the server prints. Its lines carry client names and subjects, so they are quoted.
type lines struct {
	all  *slog.Logger // nil: only what is wrong, to some
	some *slog.Logger
	last atomic.Pointer[string]
}

func newLines(all, some *slog.Logger) *lines {
	return &lines{all: all, some: some}
}

// fatal is the line after which the server gave up starting, or empty.
func (l *lines) fatal() string {
	if text := l.last.Load(); text != nil {
		return *text
	}
	return ""
}

// Noticef logs the server's ordinary lines when all of them are wanted.
func (l *lines) Noticef(format string, v ...any) {
	if l.all != nil {
		l.all.Info("NATS server noted", app.Text, app.Quote(fmt.Sprintf(format, v...)))
	}
}

// Warnf logs a warning of the server.
func (l *lines) Warnf(format string, v ...any) {
	l.wrong().Warn("NATS server warned", app.Text, app.Quote(fmt.Sprintf(format, v...)))
}

// Errorf logs an error of the server.
func (l *lines) Errorf(format string, v ...any) {
	l.wrong().Error("NATS server complained", app.Text, app.Quote(fmt.Sprintf(format, v...)))
}

// Fatalf keeps the reason for Start to return; nothing is logged, because it is returned.
func (l *lines) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.last.CompareAndSwap(nil, &text)
}

// Debugf is never asked for: Start switches debug lines off.
func (l *lines) Debugf(string, ...any) {}

// Tracef is never asked for: Start switches traces off.
func (l *lines) Tracef(string, ...any) {}

func (l *lines) wrong() *slog.Logger {
	if l.all != nil {
		return l.all
	}
	return l.some
}
