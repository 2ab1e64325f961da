package benchmark

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

// size writes events into the empty archive as they come, each from several relays, and reads what they take. The
// indexes have grown by insertion then, which is what they look like in an archive that lives.
func (b *bench) size(ctx context.Context) error {
	if b.found > 0 {
		return nil // it is not empty
	}
	b.cfg.say("writing %d events of %d relays each", b.cfg.Sample, sampleRelays)
	events := pointers(b.events[:b.cfg.Sample])
	for i := range sampleRelays {
		relay := fmt.Sprintf("wss://size%d.example.com", i)
		for group := range groups(events, b.cfg.Batch) {
			batches := batchesOf(group, []string{relay})
			if i > 0 {
				batches = knownBatches(group, []string{relay})
			}
			if _, err := b.store.Write(ctx, batches, b.cfg.Options); err != nil {
				return err
			}
		}
	}
	var err error
	b.report.Event, b.report.Sighting, err = sizes(ctx, b.archive)
	b.report.sized(jsonBytes(b.events[:b.cfg.Sample]))
	return err
}

func sizes(ctx context.Context, a *measure.Archive) (events, sightings measure.Size, err error) {
	if err := a.Settle(ctx, "event_tag_hashes"); err != nil {
		return events, sightings, err
	}
	if events, err = a.Size(ctx, "event"); err == nil {
		sightings, err = a.Size(ctx, "sighting")
	}
	return events, sightings, err
}

func jsonBytes(events []event.Event) (bytes int64) {
	for i := range events {
		bytes += int64(len(events[i].AppendJSON(nil)))
	}
	return bytes
}

// sizeCorpus stores real events in an archive of their own and reads what they take.
func (b *bench) sizeCorpus(ctx context.Context) error {
	if b.cfg.Corpus == "" {
		return nil
	}
	events, err := readCorpus(b.cfg.Corpus)
	if err != nil {
		return err
	}
	b.cfg.say("writing the %d events of the corpus", len(events))
	if err := b.archive.CreateDatabase(ctx, "corpus"); err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, b.postgres.URL("corpus"), discard); err != nil {
		return err
	}
	s, err := store.Open(store.Config{URL: as(b.postgres.URL("corpus"), "bigbrotr_writer"), Service: "bench", MaxConns: 1}, discard)
	if err != nil {
		return err
	}
	defer s.Close()
	for group := range groups(pointers(events), pageEvents) {
		if _, err := s.Write(ctx, batchesOf(group, []string{"wss://corpus.example.com"}), b.cfg.Options); err != nil {
			return err
		}
	}
	a, err := measure.Open(ctx, b.postgres.URL("corpus"))
	if err != nil {
		return err
	}
	defer a.Close(ctx)
	stored, _, err := sizes(ctx, a)
	b.report.Corpus = newRatio(stored, jsonBytes(events))
	return err
}

// maxLine bounds a line of a corpus.
const maxLine = 2 * event.MaxBytes

func readCorpus(path string) (events []event.Event, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the corpus: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		e, err := event.Parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("read event %d of the corpus: %w", len(events)+1, err)
		}
		events = append(events, e)
	}
	return events, lines.Err()
}
