package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	drawEvery = 200 * time.Millisecond // on a terminal
	lineEvery = 10 * time.Second       // elsewhere
	barWidth  = 20
)

// pace is how far something long is.
type pace struct {
	Items, Bytes int64 // done so far
	Taken, Size  int64 // of the source; Size 0 = unknown
	Took         time.Duration
	What         string // items
	More         string // what else is worth knowing
}

// String is one line: share, rate and time left.
func (p pace) String() string {
	seconds := max(p.Took.Seconds(), 0.001)
	line := fmt.Sprintf("%d %s, %.0f/s, %.1f MB/s", p.Items, p.What, float64(p.Items)/seconds, float64(p.Bytes)/1e6/seconds)
	if p.Size > 0 {
		share := min(float64(p.Taken)/float64(p.Size), 1)
		left := "?"
		if share > 0.001 {
			left = time.Duration((1 - share) / share * float64(p.Took)).Round(time.Second).String()
		}
		filled := int(share * barWidth)
		line = fmt.Sprintf("%s%s %3.0f %%  %s, %s left", strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), share*100, line, left)
	}
	if p.More != "" {
		line += ", " + p.More
	}
	return line
}

// follow prints how far something is until stop is called: a bar on a terminal, a line every ten seconds elsewhere.
func (e *env) follow(name string, look func() pace) (stop func()) {
	bar := isTerminal(e.stderr) && e.environ["TERM"] != "dumb"
	every := lineEvery
	if bar {
		every = drawEvery
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				clearBar(e.stderr, bar)
				return
			case <-tick.C:
				clearBar(e.stderr, bar)
				fmt.Fprint(e.stderr, app.Quote(name), "  ", look())
				if !bar {
					fmt.Fprintln(e.stderr)
				}
			}
		}
	}()
	return func() { close(done); <-gone }
}

func clearBar(w io.Writer, bar bool) {
	if bar {
		fmt.Fprint(w, "\r\x1b[K")
	}
}
