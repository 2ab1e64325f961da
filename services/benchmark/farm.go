package benchmark

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// replication is how many relays an event is on, as in the real network.
const replication = 4.7

// FarmConfig says which relays one process serves, and what they receive.
type FarmConfig struct {
	File   string        // its name with .urls gets the relays, with .said the events that were published, with .met the visits
	Relays int           // of this process
	Events int           // that they hold from the beginning, each on several of them
	Seed   uint64        // of the events
	Delay  time.Duration // before an answer
	Rate   float64       // new events a second from the word "go" to the word "stop" on stdin
}

// farm is many relays in one process.
type farm struct {
	FarmConfig
	world  *simrelay.World
	relays []*simrelay.Relay
	placed int // events on relays
	rng    *rand.Rand
	met    time.Time // when it was asked last who had been met
}

// ServeFarm serves many relays until stdin ends. It prints how many events they hold together and how many copies of
// them, and notes each event that it publishes, with the moment, before the first relay has it.
func ServeFarm(cfg FarmConfig, stdin io.Reader, stdout io.Writer) error {
	f := &farm{FarmConfig: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 1))}
	defer f.stop()
	if err := f.start(); err != nil {
		return err
	}
	fmt.Fprintln(stdout, len(f.world.Events), f.placed)
	said, err := os.Create(cfg.File + ".said")
	if err != nil {
		return fmt.Errorf("note published events: %w", err)
	}
	defer said.Close()
	return f.obey(stdin, said)
}

func (f *farm) start() error {
	f.world = simrelay.GenerateWorld(simrelay.WorldConfig{Seed: f.Seed, Events: f.Events})
	var urls strings.Builder
	for i, events := range f.world.Distribute(f.Relays, replication) {
		relay := simrelay.New(fmt.Sprintf("farm %d relay %d", f.Seed, i), simrelay.Manners{Cap: relayCap, Delay: f.Delay}, events)
		if err := relay.Start(); err != nil {
			return err
		}
		f.relays = append(f.relays, relay)
		f.placed += len(events)
		fmt.Fprintln(&urls, relay.URL())
	}
	if err := os.WriteFile(f.File+".urls", []byte(urls.String()), 0o600); err != nil {
		return fmt.Errorf("write the URLs of relays: %w", err)
	}
	return nil
}

func (f *farm) stop() {
	for _, relay := range f.relays {
		relay.Stop()
	}
}

// obey publishes between "go" and "stop", and tells at "met" who was visited since, until stdin ends.
func (f *farm) obey(stdin io.Reader, said io.Writer) error {
	words := bufio.NewScanner(stdin)
	for words.Scan() {
		var err error
		switch words.Text() {
		case "go":
			err = f.publishUntilTold(words, said)
		case "met":
			err = f.tellMet()
		}
		if err != nil {
			return err
		}
	}
	return words.Err()
}

// tellMet writes when each relay got its first connection since it was asked last: unix nanoseconds, 0 for none.
func (f *farm) tellMet() error {
	var text strings.Builder
	for _, relay := range f.relays {
		first := int64(0)
		for _, at := range relay.Ledger().Openings() {
			if at.After(f.met) {
				first = at.UnixNano()
				break
			}
		}
		fmt.Fprintln(&text, first)
	}
	f.met = time.Now()
	if err := os.WriteFile(f.File+".met.new", []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write visits: %w", err)
	}
	return os.Rename(f.File+".met.new", f.File+".met") // whole or not at all
}

// publishUntilTold publishes until the next word, whatever it is.
func (f *farm) publishUntilTold(words *bufio.Scanner, said io.Writer) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- f.publish(ctx, said) }()
	words.Scan()
	stop()
	return <-done
}

// publish says something at the rate, whatever it takes to say it: a late event is followed at once by the next.
func (f *farm) publish(ctx context.Context, said io.Writer) error {
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / f.Rate * float64(time.Second)))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(due)):
		}
		if err := f.say(said); err != nil {
			return err
		}
	}
}

// say publishes one event on several relays.
func (f *farm) say(said io.Writer) error {
	e := f.world.More(1, time.Now())[0]
	relays := f.choose()
	_, err := fmt.Fprintf(said, "%s %d %d\n", hex.EncodeToString(e.ID[:]), time.Now().UnixNano(), len(relays))
	if err != nil {
		return fmt.Errorf("note a published event: %w", err)
	}
	for _, relay := range relays {
		relay.Add(e)
	}
	return nil
}

// choose draws the relays of a new event.
func (f *farm) choose() []*simrelay.Relay {
	copies := int(replication + f.rng.Float64())
	var chosen []*simrelay.Relay
	for _, i := range f.rng.Perm(len(f.relays))[:min(copies, len(f.relays))] {
		chosen = append(chosen, f.relays[i])
	}
	return chosen
}

// note is one line of what a farm published.
type note struct {
	id     event.ID
	at     time.Time
	copies int
}

func parseNote(line string) (n note, err error) {
	var id string
	var at int64
	if _, err = fmt.Sscan(line, &id, &at, &n.copies); err == nil {
		_, err = hex.Decode(n.id[:], []byte(id))
	}
	if err != nil {
		return n, fmt.Errorf("read what was published: %w", err)
	}
	n.at = time.Unix(0, at)
	return n, nil
}
