package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
)

const maxVarz = 1 << 20

// natsFindings looks at the broker, its streams and how it syncs.
func natsFindings(ctx context.Context, p *patient) []finding {
	if p.places.NATS == "" {
		return nil
	}
	b, err := dialBus(ctx, p.cfg, p.places)
	if err != nil {
		return []finding{{"nats", broken, err.Error(), "start it, or set NATS_URL to where it is; bigbrotr run all brings its own"}}
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := b.Check(ctx); err != nil {
		return []finding{{"nats", broken, err.Error(), "switch JetStream on: jetstream { store_dir: … } in nats.conf"}}
	}
	return []finding{{"nats", fine, "it answers and has JetStream", ""}, streamFinding(ctx, b), readerFinding(ctx, b), pauseFinding(ctx, b), syncFinding(ctx, p)}
}

func streamFinding(ctx context.Context, b *bus.Bus) finding {
	if err := b.Ready(ctx); err != nil {
		return finding{"streams", broken, err.Error(), "bigbrotr streams apply"}
	}
	return finding{"streams", fine, "as declared", ""}
}

// readerFinding looks for work that nobody fetches.
func readerFinding(ctx context.Context, b *bus.Bus) finding {
	consumers, err := b.Consumers(ctx)
	if err != nil {
		return finding{"readers", broken, err.Error(), "bigbrotr streams apply"}
	}
	var idle []string
	for _, c := range consumers {
		if c.Pending > 0 && c.Waiting == 0 && c.AckPending == 0 {
			idle = append(idle, c.Name)
		}
	}
	if len(idle) > 0 {
		return finding{"readers", doubtful, "nobody reads " + strings.Join(idle, ", "), "run the service of that name"}
	}
	return finding{"readers", fine, "nothing waits without a reader", ""}
}

// syncFinding tells whether acknowledged means on disk, which only the server's monitoring port can say.
func syncFinding(ctx context.Context, p *patient) finding {
	const mend = "jetstream { sync_interval: always } in nats.conf: a power cut loses acknowledged messages otherwise"
	if p.places.EmbeddedNATS {
		return finding{"nats sync", fine, "the embedded server syncs before it acknowledges", ""}
	}
	if p.places.Monitoring == "" {
		return finding{"nats sync", unverified, "NATS_MONITORING_URL is not set", "set it to http://host:8222; " + mend}
	}
	always, err := syncsAlways(ctx, p.places.Monitoring)
	switch {
	case err != nil:
		return finding{"nats sync", unverified, err.Error(), "open the monitoring port: http: 8222 in nats.conf"}
	case !always:
		return finding{"nats sync", broken, "the server acknowledges before it syncs", mend}
	}
	return finding{"nats sync", fine, "the server syncs before it acknowledges", ""}
}

func syncsAlways(ctx context.Context, base string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+"/varz", nil)
	if err != nil {
		return false, fmt.Errorf("read NATS_MONITORING_URL: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, fmt.Errorf("ask the monitoring port: %w", err)
	}
	defer answer.Body.Close()
	var varz struct {
		JetStream struct {
			Config struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
		} `json:"jetstream"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxVarz)).Decode(&varz); err != nil {
		return false, fmt.Errorf("read the answer of the monitoring port: %w", err)
	}
	return varz.JetStream.Config.SyncAlways, nil
}

// diskFindings compares what the streams may take with the disk of DATA_DIR.
func diskFindings(_ context.Context, p *patient) []finding {
	if !p.places.EmbeddedNATS {
		return nil
	}
	bounds, err := standalone.Bounds(p.cfg)
	if err != nil {
		return []finding{{"disk", broken, err.Error(), "make DATA_DIR readable"}}
	}
	free, err := natsd.FreeDisk(p.cfg.DataDir)
	if err != nil {
		return []finding{{"disk", broken, err.Error(), "choose another DATA_DIR"}}
	}
	text := fmt.Sprintf("%s are free; the streams may take %s", app.Size(free>>20<<20), app.Size(bounds.Total()>>20<<20))
	if free < 1<<30 || free < bounds.IngestBytes {
		return []finding{{"disk", doubtful, text, "free some, or move DATA_DIR to a larger disk"}}
	}
	return []finding{{"disk", fine, text, ""}}
}
