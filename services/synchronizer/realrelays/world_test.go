package realrelays

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

const (
	mixedSecond = 1_690_000_000 // many kinds and authors
	plainSecond = 1_700_000_000 // one kind
	crowd       = 1200          // events of each
	maxSeconds  = 1<<32 - 1     // some stores keep no more of a time
)

// world is real events, or made-up ones where the data is not there, and two seconds of 1,200 events each.
var world = sync.OnceValue(func() []event.Event {
	events := realEvents()
	if len(events) < 1000 {
		events = simrelay.GenerateWorld(simrelay.WorldConfig{Seed: 9, Events: 1500}).Events
	}
	keys := make([]event.Key, 40)
	for i := range keys {
		keys[i] = event.GenerateKey()
	}
	dense := make([]event.Event, 2*crowd)
	var signing sync.WaitGroup
	for worker := range 4 {
		signing.Go(func() {
			for i := worker; i < crowd; i += 4 {
				dense[i] = keys[i%40].Sign(mixedSecond, uint16(1+i*7%33), nil, number(i))
				dense[crowd+i] = keys[i/30].Sign(plainSecond, 1, nil, number(i))
			}
		})
	}
	signing.Wait()
	return append(events, dense...)
})

// realEvents are those of the shared test data which a relay stores and which does not kill it.
func realEvents() (events []event.Event) {
	file, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "events", "valid.jsonl"))
	if err != nil {
		return nil
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		e, err := event.Parse(s.Bytes())
		deadly := bytes.Contains(e.Tags, []byte(`["d"]`)) || bytes.Contains(e.Tags, []byte(`[]`))
		if err == nil && !deadly && e.CreatedAt < maxSeconds && event.Classify(e.Kind) != event.Ephemeral {
			events = append(events, e)
		}
	}
	return events
}

func number(i int) string { text, _ := json.Marshal(i); return "event " + string(text) }

// late are n events of a time that was walked long ago.
func late(t *testing.T, n int) []event.Event {
	t.Helper()
	key := event.GenerateKey()
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(1_695_000_000+int64(i)*100_003, 1, nil, "late "+number(i))
	}
	return events
}
