package testkit

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// roomy bounds the streams of a test.
var roomy = subject.DefaultBounds().Within(256 << 20)

// NATS returns a connection to a fresh NATS server of the test's own, with every stream, consumer and bucket. It
// acknowledges before it syncs.
func NATS(t testing.TB) *bus.Bus { return prepared(t, startNATS(t), roomy) }

// FullNATS is NATS on which INGEST takes nothing.
func FullNATS(t testing.TB) *bus.Bus {
	bounds := roomy
	bounds.IngestBytes = 10
	return prepared(t, startNATS(t), bounds)
}

// SmallFoundNATSURL is NATSURL on which FOUND holds at most so many bytes.
func SmallFoundNATSURL(t testing.TB, bytes int64) string {
	url, bounds := startNATS(t), roomy
	bounds.FoundBytes = bytes
	prepared(t, url, bounds)
	return url
}

// EmptyNATSURL is NATSURL without any stream.
func EmptyNATSURL(t testing.TB) string { return startNATS(t) }

// NATSURL is NATS for tests that connect more than once: the address of the server.
func NATSURL(t testing.TB) string {
	url := startNATS(t)
	prepared(t, url, roomy)
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

func prepared(t testing.TB, url string, bounds subject.Bounds) *bus.Bus {
	t.Helper()
	b := Connect(t, url)
	if _, err := b.Apply(t.Context(), bounds); err != nil {
		t.Fatal(err)
	}
	return b
}
