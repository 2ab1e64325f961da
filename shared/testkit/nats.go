package testkit

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// storeBytes bounds the streams of a test.
const storeBytes = 256 << 20

// NATS returns a connection to a fresh NATS server of the test's own, with every stream, consumer and bucket. It
// acknowledges before it syncs.
func NATS(t testing.TB) *bus.Bus { return prepared(t, startNATS(t, false)) }

// DurableNATS is NATS with a server that syncs before it acknowledges.
func DurableNATS(t testing.TB) *bus.Bus { return prepared(t, startNATS(t, true)) }

// NATSURL is NATS for tests that connect more than once: the address of the server.
func NATSURL(t testing.TB) string {
	url := startNATS(t, false)
	prepared(t, url)
	return url
}

// Connect returns another connection, closed when the test ends.
func Connect(t testing.TB, url string) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), bus.Config{URL: url, Name: t.Name()}, Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func prepared(t testing.TB, url string) *bus.Bus {
	t.Helper()
	b := Connect(t, url)
	if _, err := b.Apply(t.Context(), subject.DefaultBounds().Within(storeBytes)); err != nil {
		t.Fatal(err)
	}
	return b
}
