package benchmark

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	farmRelays = 250 // of one process at most
	heldEvents = 20  // of a relay from the beginning, on average
	atOnce     = 32  // tasks published at once
)

// crowd is many relays, in a few processes.
type crowd struct {
	relays int
	delay  time.Duration
	rate   float64 // new events a second, on all relays together
	seed   uint64
	dead   int // further addresses that are no relays

	graves []string // their URLs

	farms  []*child
	notes  []*bufio.Reader // what each farm published
	files  []io.Closer
	part   []string // the beginning of a line of each
	urls   []string
	events int // on the relays from the beginning
	placed int // copies of them
}

// start starts every farm.
func (c *crowd) start(ctx context.Context, r *rig) error {
	if err := c.bounded(); err != nil {
		return err
	}
	n := (c.relays + farmRelays - 1) / farmRelays
	for i := range n {
		relays := c.relays*(i+1)/n - c.relays*i/n
		if err := c.startFarm(ctx, r, i, relays); err != nil {
			return err
		}
	}
	return c.startDead(ctx, r)
}

// startDead starts the addresses that are no relays.
func (c *crowd) startDead(ctx context.Context, r *rig) error {
	if c.dead == 0 {
		return nil
	}
	file := filepath.Join(r.dir, "dead")
	if _, err := r.start(ctx, "dead", true, "bench", "dead", file, "--addresses="+strconv.Itoa(c.dead)); err != nil {
		return err
	}
	urls, err := os.ReadFile(file + ".urls")
	if err != nil {
		return fmt.Errorf("read the URLs of dead relays: %w", err)
	}
	c.graves = strings.Fields(string(urls))
	return nil
}

// bounded says whether a process may have as many connections: one needs a file for each.
func (c *crowd) bounded() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if need := uint64(max(c.relays, 2*c.dead)) + 200; limit.Max < need { // Go raises the limit up to Max by itself
		return fmt.Errorf("serve %d relays: a process may open %d files and needs %d (ulimit -Hn)", c.relays+c.dead, limit.Max, need)
	}
	return nil
}

func (c *crowd) startFarm(ctx context.Context, r *rig, i, relays int) error {
	name := "relays-" + strconv.Itoa(i+1)
	file := filepath.Join(r.dir, name)
	rate := c.rate * float64(relays) / float64(c.relays)
	said, err := r.start(ctx, name, true, "bench", "farm", file, "--relays="+strconv.Itoa(relays),
		"--events="+strconv.Itoa(max(1, int(float64(relays*heldEvents)/replication))),
		"--seed="+strconv.FormatUint(c.seed+uint64(i), 10), "--delay="+c.delay.String(),
		"--rate="+strconv.FormatFloat(rate, 'f', -1, 64))
	if err != nil {
		return err
	}
	c.farms = append(c.farms, r.children[len(r.children)-1])
	var events, placed int
	if _, err := fmt.Sscan(said, &events, &placed); err != nil {
		return fmt.Errorf("read what the relays hold: %w", err)
	}
	c.events, c.placed = c.events+events, c.placed+placed
	urls, err := os.ReadFile(file + ".urls")
	if err != nil {
		return fmt.Errorf("read the URLs of relays: %w", err)
	}
	c.urls = append(c.urls, strings.Fields(string(urls))...)
	return nil
}

// tell says a word to every farm.
func (c *crowd) tell(word string) error {
	for _, farm := range c.farms {
		if _, err := io.WriteString(farm.stdin, word+"\n"); err != nil {
			return fmt.Errorf("tell %s to %s: %w", farm.name, word, err)
		}
	}
	return nil
}

// heard returns what was published since it was asked last.
func (c *crowd) heard(r *rig) (all []note, err error) {
	for i, farm := range c.farms {
		if i == len(c.notes) {
			file, err := os.Open(filepath.Join(r.dir, farm.name) + ".said")
			if err != nil {
				return nil, fmt.Errorf("read what was published: %w", err)
			}
			c.files, c.notes, c.part = append(c.files, file), append(c.notes, bufio.NewReader(file)), append(c.part, "")
		}
		for {
			text, err := c.notes[i].ReadString('\n')
			if c.part[i] += text; err == io.EOF {
				break // the rest of the line comes later
			}
			if err != nil {
				return nil, fmt.Errorf("read what was published: %w", err)
			}
			n, err := parseNote(c.part[i])
			if err != nil {
				return nil, err
			}
			c.part[i], all = "", append(all, n)
		}
	}
	return all, nil
}

func (c *crowd) close() {
	for _, file := range c.files {
		_ = file.Close()
	}
}

// invite makes a turn due at every relay.
func (r *rig) invite(ctx context.Context) error { return r.ask(ctx, r.crowd.urls) }

// ask makes the worker's job due at each of these.
func (r *rig) ask(ctx context.Context, urls []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, url := range urls {
		group.Go(func() error {
			return r.bus.Now(ctx, r.job, bus.Task{URL: url, Network: string(relay.Clearnet)})
		})
	}
	return group.Wait()
}

// summed is a counter of all synchronizers together.
func (r *rig) summed(ctx context.Context, name string) (sum float64, err error) {
	for _, address := range r.allOps {
		n, err := countedAt(ctx, address, name)
		if err != nil {
			return 0, errors.Join(err, r.alive())
		}
		sum += n
	}
	return sum, nil
}

// lookEvery is how often counters are read: reading them costs the process that is measured.
const lookEvery = 250 * time.Millisecond

// awaitCount returns when a counter of all synchronizers together is high enough.
func (r *rig) awaitCount(ctx context.Context, name string, want int) error {
	got := 0.0
	for {
		var err error
		if got, err = r.summed(ctx, name); err != nil || got >= float64(want) {
			return err
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return fmt.Errorf("wait until %s is %d: it is %.0f: %w", name, want, got, ctx.Err())
		}
	}
}

// followAll has every relay visited and followed, and returns how long that took, when what they hold is written.
func (r *rig) followAll(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, followTime)
	defer cancel()
	began := time.Now()
	if err := r.invite(ctx); err != nil {
		return 0, err
	}
	if err := r.awaitCount(ctx, "bigbrotr_synchronizer_relays_followed", len(r.crowd.urls)); err != nil {
		return 0, err
	}
	if err := r.awaitCount(ctx, `bigbrotr_synchronizer_turns_total{outcome="done",reason=""}`, len(r.crowd.urls)); err != nil {
		return 0, err
	}
	return time.Since(began), r.drain(ctx)
}

// followTime bounds how long it may take to follow everyone.
const followTime = 20 * time.Minute

// missing counts the events and the sightings of an archive that should hold so many. Sightings of an archive that is
// too large to be counted are not missed.
func (r *rig) missing(ctx context.Context, events, sightings int) (lostEvents, lostSightings int, err error) {
	totals, err := r.owner.Totals(ctx)
	if err != nil {
		return 0, 0, err
	}
	if totals.EventsExact {
		lostEvents = events - int(totals.Events)
	}
	if totals.SightingsExact {
		lostSightings = sightings - int(totals.Sightings)
	}
	return lostEvents, lostSightings, nil
}
