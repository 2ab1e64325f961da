package testkit

import (
	"log/slog"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, stops what they started together and fails if a goroutine is left.
func Main(m *testing.M, options ...goleak.Option) {
	goleak.VerifyTestMain(stopping{m}, options...)
}

type stopping struct{ m *testing.M }

func (s stopping) Run() int {
	code := s.m.Run()
	stopAll()
	return code
}

var (
	stopsMu sync.Mutex
	stops   []func()
)

// atEnd has stop called when all tests of the process are done, the latest first.
func atEnd(stop func()) {
	stopsMu.Lock()
	defer stopsMu.Unlock()
	stops = append(stops, stop)
}

func stopAll() {
	stopsMu.Lock()
	defer stopsMu.Unlock()
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
	}
	stops = nil
}

// Log returns a logger into the output of the test, from warnings on.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
