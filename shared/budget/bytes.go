package budget

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const (
	keepBytes = 1 << 20          // what a process may keep to itself of one relay's count
	keepFor   = 10 * time.Second // and for how long
	idleFor   = 10 * time.Minute // after which a count is forgotten here; it stays in the KV
)

// count is what one relay gave on one day.
type count struct {
	mu      sync.Mutex
	day     string
	stored  int64 // by all processes, when it was last looked at
	pending int64 // by this one since, not written yet
	at      time.Time
	used    time.Time
}

// Spend counts bytes that a relay gave, and says whether all processes together have had the day's budget: limit, or
// RELAY_MAX_BYTES_PER_DAY if that is 0; a negative one is no bound. The answer holds also beside an error, by what this
// process knows. Others learn of the bytes within a MiB or ten seconds, so a budget may be passed by that much per
// process.
func (g *Gate) Spend(ctx context.Context, url string, bytes, limit int64) (spent bool, err error) {
	if limit = g.limit(limit); limit <= 0 {
		return false, nil
	}
	c := g.count(url)
	c.mu.Lock()
	defer c.mu.Unlock()
	if today := day(time.Now()); c.day != today {
		err = g.write(ctx, url, c)
		c.begin(today)
	}
	c.pending += max(bytes, 0)
	c.used = time.Now()
	if c.pending >= keepBytes || c.stored+c.pending >= limit || time.Since(c.at) >= keepFor {
		err = g.write(ctx, url, c)
	}
	return c.stored+c.pending >= limit, err
}

// Left returns how many bytes of the day's budget are left, with the limit of Spend; without a bound math.MaxInt64.
func (g *Gate) Left(ctx context.Context, url string, limit int64) (int64, error) {
	if limit = g.limit(limit); limit <= 0 {
		return math.MaxInt64, nil
	}
	c := g.count(url)
	c.mu.Lock()
	defer c.mu.Unlock()
	today := day(time.Now())
	if c.day != today {
		_ = g.write(ctx, url, c) // yesterday's rest
		c.begin(today)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	value, _, err := g.counters.Get(ctx, counterKey(url, today))
	if err == nil {
		c.stored, err = readCount(value)
	}
	c.used = time.Now()
	return max(limit-c.stored-c.pending, 0), err
}

func (g *Gate) limit(limit int64) int64 {
	switch {
	case g == nil:
		return 0
	case limit == 0:
		return g.perDay
	}
	return limit
}

func (g *Gate) count(url string) *count {
	g.bytes.Lock()
	defer g.bytes.Unlock()
	c := g.bytes.relays[url]
	if c == nil {
		c = &count{day: day(time.Now()), at: time.Now(), used: time.Now()}
		g.bytes.relays[url] = c
	}
	return c
}

func (c *count) begin(day string) { c.day, c.stored, c.pending, c.at = day, 0, 0, time.Now() }

// write adds what is pending to the count of all. After a fault it stays pending, and is not tried again at once.
func (g *Gate) write(ctx context.Context, url string, c *count) error {
	if c.pending == 0 {
		return nil
	}
	if time.Since(c.at) < faultPause && g.faulty() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var sum int64
	err := g.counters.Change(ctx, counterKey(url, c.day), func(old []byte) ([]byte, error) {
		before, err := readCount(old)
		sum = before + c.pending
		return strconv.AppendInt(nil, sum, 10), err
	})
	c.at = time.Now()
	if errors.Is(err, bus.ErrTaken) {
		return nil // others were faster all the time; what is pending goes with the next write
	}
	if err != nil {
		g.fault(err)
		return fmt.Errorf("count bytes of %s: %w", url, err)
	}
	c.stored, c.pending = sum, 0
	return nil
}

// flush writes what is pending, and forgets relays that gave nothing for a while.
func (g *Gate) flush(ctx context.Context) {
	g.bytes.Lock()
	all := make(map[string]*count, len(g.bytes.relays))
	for url, c := range g.bytes.relays {
		all[url] = c
	}
	g.bytes.Unlock()
	for url, c := range all {
		c.mu.Lock()
		err := g.write(ctx, url, c)
		idle := c.pending == 0 && time.Since(c.used) > idleFor
		c.mu.Unlock()
		if idle {
			g.bytes.Lock()
			delete(g.bytes.relays, url)
			g.bytes.Unlock()
		}
		if err != nil {
			return // the next round tries again
		}
	}
}

func counterKey(url, day string) string { return day + "." + subject.Token(url) }

func day(t time.Time) string { return t.UTC().Format("20060102") }

func readCount(value []byte) (int64, error) {
	if len(value) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("read a count of bytes: got %.40q", value)
	}
	return n, nil
}
