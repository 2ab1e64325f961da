package budget

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// pauseKey is where the switch is in the state bucket.
const pauseKey = "pause"

// Services lists those that dial, and so those that can be paused.
var Services = []string{"finder", "validator", "monitor", "synchronizer", "publisher", "alerter"}

// Pauses says which services are paused, and since when.
type Pauses map[string]time.Time

// Paused reads the switch. It is empty where nothing is paused, and where the bucket is not there yet.
func Paused(ctx context.Context, b *bus.Bus) (Pauses, error) {
	value, _, err := b.Get(ctx, pauseKey)
	if errors.Is(err, bus.ErrNoBucket) {
		return Pauses{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pause switch: %w", err)
	}
	return readPauses(value)
}

// Pause has services stop dialling; those that were paused before keep their time. It returns what is paused then.
func Pause(ctx context.Context, b *bus.Bus, services []string) (Pauses, error) {
	now := time.Now().UTC().Truncate(time.Second)
	return change(ctx, b, func(p Pauses) {
		for _, name := range services {
			if _, was := p[name]; !was {
				p[name] = now
			}
		}
	})
}

// Resume takes the pause away from services. It returns what is still paused.
func Resume(ctx context.Context, b *bus.Bus, services []string) (Pauses, error) {
	return change(ctx, b, func(p Pauses) {
		for _, name := range services {
			delete(p, name)
		}
	})
}

func change(ctx context.Context, b *bus.Bus, do func(Pauses)) (now Pauses, err error) {
	err = b.State().Change(ctx, pauseKey, func(old []byte) ([]byte, error) {
		var err error
		if now, err = readPauses(old); err != nil {
			return nil, err
		}
		do(now)
		return json.Marshal(now)
	})
	if err != nil {
		return nil, fmt.Errorf("turn the pause switch: %w", err)
	}
	return now, nil
}

func readPauses(value []byte) (Pauses, error) {
	p := Pauses{}
	if len(value) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(value, &p); err != nil {
		return nil, fmt.Errorf("read the pause switch: %w", err)
	}
	return p, nil
}

// pauses is what this process knows of the switch.
type pauses struct {
	mu      sync.Mutex
	now     Pauses
	changed chan struct{} // closed and replaced at each change
	known   chan struct{} // closed after the first look, whatever it gave
	once    sync.Once
}

func (p *pauses) init() { p.changed, p.known = make(chan struct{}), make(chan struct{}) }

func (p *pauses) looked() { p.once.Do(func() { close(p.known) }) }

func (p *pauses) set(now Pauses) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if maps.Equal(now, p.now) {
		return
	}
	p.now = now
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pauses) of(service string) (since time.Time, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now[service], p.changed
}

func (g *Gate) lookAtPauses(ctx context.Context) error {
	now, err := Paused(ctx, g.bus)
	if err == nil {
		g.pauses.set(now)
	}
	return err
}

// PausedSince returns since when a service is paused; zero = it is not.
func (g *Gate) PausedSince(service string) time.Time {
	since, _ := g.pauses.of(service)
	return since
}

// Await waits until a service is paused, or until it is not. It returns at once when that is so, never before the switch
// was looked at once, and with ctx's error when that ends.
func (g *Gate) Await(ctx context.Context, service string, paused bool) error {
	select {
	case <-g.pauses.known:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		since, changed := g.pauses.of(service)
		if since.IsZero() != paused {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
