package benchmark

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

const (
	stageEvents = 500                    // of a page
	stageTime   = 300 * time.Millisecond // of CPU, at least, for one stage
	fewAlone    = 20                     // signatures that are checked one by one
)

// stages measures the synchronizer's steps one by one, in this process, before others are started.
func stages(seed uint64) ([]Stage, error) {
	world := simrelay.GenerateWorld(simrelay.WorldConfig{Seed: seed, Events: stageEvents})
	page := &ingest.Page{}
	var raws [][]byte
	var events []*event.Event
	for i := range world.Events {
		e := &world.Events[i]
		raws, events = append(raws, e.AppendJSON(nil)), append(events, e)
		page.Events = append(page.Events, &ingest.Event{
			Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content,
		})
	}
	alone := events[:min(fewAlone, len(events))]
	var all []Stage
	for _, stage := range []struct {
		name   string
		events int
		run    func() error
	}{
		{"parse and hash", len(raws), func() error { return parseAll(raws) }},
		{"verify, a page together", len(events), func() error { return allGood(event.CheckSignatures(events)) }},
		{"verify, each alone by " + event.Engine, len(alone), func() error { return checkEach(alone) }},
		{"encode", len(events), func() error {
			_, err := ingest.Encode(&ingest.Batch{Pages: []*ingest.Page{page}})
			return err
		}},
	} {
		took, err := cpuFor(stage.run)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", stage.name, err)
		}
		all = append(all, Stage{stage.name, float64(took.Nanoseconds()) / 1e3 / float64(stage.events)})
	}
	return all, nil
}

// cpuFor is the CPU time of one run: this process does nothing else meanwhile.
func cpuFor(run func() error) (time.Duration, error) {
	before, err := cpuOf(os.Getpid(), false)
	for runs := 1; err == nil; runs++ {
		if err = run(); err != nil {
			break
		}
		var now time.Duration
		if now, err = cpuOf(os.Getpid(), false); now-before >= stageTime {
			return (now - before) / time.Duration(runs), nil
		}
	}
	return 0, err
}

func parseAll(raws [][]byte) error {
	for _, raw := range raws {
		if _, err := event.Parse(raw); err != nil {
			return err
		}
	}
	return nil
}

// errForged says that a signature of our own did not hold.
var errForged = errors.New("a good signature was refused")

func allGood(good []bool) error {
	for _, ok := range good {
		if !ok {
			return errForged
		}
	}
	return nil
}

func checkEach(events []*event.Event) error {
	for _, e := range events {
		if !e.CheckSignature() {
			return errForged
		}
	}
	return nil
}
