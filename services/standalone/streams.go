package standalone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
)

// Streams bounds what the streams may take. TASKS has no bound: a bound would delete work.
type Streams struct {
	FoundBytes  app.Size      `env:"STREAM_FOUND_BYTES" envDefault:"256MiB" range:"1MiB.." help:"FOUND: relay URLs that wait; more are refused"`
	IngestBytes app.Size      `env:"STREAM_INGEST_BYTES" envDefault:"4GiB" range:"8MiB.." help:"INGEST: what waits for the writer; when it is full the synchronizers stop reading"`
	EventsBytes app.Size      `env:"STREAM_EVENTS_BYTES" envDefault:"10GiB" range:"1MiB.." help:"EVENTS: archived events kept for consumers; the oldest go first"`
	EventsAge   time.Duration `env:"STREAM_EVENTS_AGE" envDefault:"72h" range:"1m.." help:"EVENTS: how long they are kept"`
	RelaysBytes app.Size      `env:"STREAM_RELAYS_BYTES" envDefault:"2GiB" range:"1MiB.." help:"RELAYS: facts about relays kept for consumers"`
	RelaysAge   time.Duration `env:"STREAM_RELAYS_AGE" envDefault:"720h" range:"1m.." help:"RELAYS: how long they are kept"`
	DeadBytes   app.Size      `env:"STREAM_DEAD_BYTES" envDefault:"1GiB" range:"1MiB.." help:"DEAD: messages that were given up"`
	DeadAge     time.Duration `env:"STREAM_DEAD_AGE" envDefault:"720h" range:"1m.." help:"DEAD: how long they are kept"`
}

func (s Streams) bounds() subject.Bounds {
	return subject.Bounds{
		FoundBytes: int64(s.FoundBytes), IngestBytes: int64(s.IngestBytes),
		EventsBytes: int64(s.EventsBytes), EventsAge: s.EventsAge,
		RelaysBytes: int64(s.RelaysBytes), RelaysAge: s.RelaysAge,
		DeadBytes: int64(s.DeadBytes), DeadAge: s.DeadAge,
		MessageBytes: subject.DefaultBounds().MessageBytes,
	}
}

// Bounds returns the limits of the streams: what the configuration says, within the share of the disk that the embedded
// server of this DATA_DIR was given.
func Bounds(cfg Config) (subject.Bounds, error) {
	if _, err := os.Stat(cfg.dir(shareFile)); err != nil || !cfg.NATS.URL.IsZero() {
		return cfg.Streams.bounds(), nil
	}
	share, err := diskShare(cfg.dir("nats"), cfg.dir(shareFile))
	return cfg.fit(share), err
}

// shareFile keeps the share of the disk that was settled at the first start of the embedded server. A fuller disk later
// must not make the server refuse to open the streams that it has.
const shareFile = "streams.json"

// stateBytes is what buckets and tasks may take beside the bounded streams.
const stateBytes = 96 << 20

// share is how much of the disk the bounded streams may take, in bytes.
type share struct {
	Bytes int64 `json:"bytes"`
}

// maxStore is what the server may take: a quarter more than the bounded streams, for TASKS and the buckets.
func (s share) maxStore() int64 { return s.Bytes/4*5 + stateBytes }

// fit scales the configured limits down to the share and says so.
func (c Config) fit(s share) subject.Bounds {
	full := c.Streams.bounds()
	fitted := full.Within(s.Bytes)
	if fitted != full {
		c.say("the streams may take %s instead of %s: 60 %% of the disk under %s", app.Size(fitted.Total()>>20<<20),
			app.Size(full.Total()>>20<<20), c.DataDir)
	}
	return fitted
}

// diskShare reads the share of the first start, or settles it now.
func diskShare(dir, file string) (share, error) {
	var s share
	text, err := os.ReadFile(file)
	if err == nil {
		if err := json.Unmarshal(text, &s); err != nil || s.Bytes <= 0 {
			return s, fmt.Errorf("decode %s: it holds no share of the disk; remove it when no stream of %s is larger than its limit", file, dir)
		}
		return s, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("read the share of the disk: %w", err)
	}
	budget, err := natsd.Budget(dir)
	if err != nil {
		return s, err
	}
	s.Bytes = (budget - stateBytes) / 5 * 4
	text, err = json.Marshal(s)
	if err != nil {
		return s, fmt.Errorf("encode the share of the disk: %w", err)
	}
	if err := os.WriteFile(filepath.Clean(file), append(text, '\n'), 0o644); err != nil {
		return s, fmt.Errorf("write the share of the disk: %w", err)
	}
	return s, nil
}
