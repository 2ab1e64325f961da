package benchmark

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// relayCap is how many events the relay sends at once: what most relays do.
const relayCap = 500

// maxStore is a limit, not a reservation: what a run stores is a few megabytes.
const maxStore = 64 << 30

// ServeRelay makes a world up, writes the ids of its events to a file, prints the URL of a relay that holds it, and
// serves until stdin ends.
func ServeRelay(events int, seed uint64, ids string, stdin io.Reader, stdout io.Writer) error {
	world := simrelay.GenerateWorld(simrelay.WorldConfig{Seed: seed, Events: events})
	file := make([]byte, 0, len(world.Events)*32)
	bytes := 0
	for i := range world.Events {
		file = append(file, world.Events[i].ID[:]...)
		bytes += len(world.Events[i].AppendJSON(nil))
	}
	if err := os.WriteFile(ids, file, 0o600); err != nil {
		return fmt.Errorf("write ids: %w", err)
	}
	relay := simrelay.New("benchmark", simrelay.Manners{Cap: relayCap}, world.Events)
	if err := relay.Start(); err != nil {
		return err
	}
	defer relay.Stop()
	fmt.Fprintln(stdout, relay.URL(), bytes/max(1, len(world.Events)))
	_, err := io.Copy(io.Discard, stdin)
	return err
}

// ServeNATS runs a NATS server that syncs before it acknowledges, prints its URL and serves until stdin ends.
func ServeNATS(ctx context.Context, dir string, stdin io.Reader, stdout io.Writer, log *slog.Logger) error {
	server := natsd.New(natsd.Config{Dir: dir, Listen: "127.0.0.1:0", SyncAlways: true, MaxStore: maxStore}, log)
	if err := server.Start(ctx); err != nil {
		return err
	}
	defer server.Stop()
	fmt.Fprintln(stdout, server.URL())
	_, err := io.Copy(io.Discard, stdin)
	return err
}
