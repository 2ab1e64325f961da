package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const (
	injectLines   = 100      // in one request
	injectBytes   = 64 << 10 // in one request, and the longest line
	injectTimeout = 20 * time.Second
)

type injectVerb struct {
	Relays injectRelaysVerb `cmd:"" help:"Announce relay URLs, one a line or in any form that brotr.relay.found takes."`
}

type injectRelaysVerb struct {
	File   string `arg:"" optional:"" default:"-" help:"File of lines; - = stdin."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// verdict is what became of one line.
type verdict struct {
	Line    string `json:"line,omitempty"`
	URL     string `json:"url,omitempty"`
	Verdict string `json:"verdict"` // accepted, known, refused or published
	Reason  string `json:"reason,omitempty"`
}

// Run asks the finder about each line. Without a finder the lines are stored for it and the verdicts come later.
func (v *injectRelaysVerb) Run(ctx context.Context, e *env) error {
	in := e.stdin
	if v.File != "-" {
		file, err := os.Open(v.File)
		if err != nil {
			return exit(notFound, fmt.Errorf("read relays: %w", err))
		}
		defer file.Close()
		in = file
	}
	return onBus(ctx, e, func(b *bus.Bus) error {
		counts := map[string]int{}
		err := pieces(in, func(piece []byte) error { return v.inject(ctx, e, b, piece, counts) })
		fmt.Fprintf(e.stderr, "%d accepted, %d known, %d refused, %d published without a verdict\n", counts["accepted"],
			counts["known"], counts["refused"], counts["published"])
		if err == nil && counts["refused"] > 0 {
			return exit(partial, nil)
		}
		return err
	})
}

// pieces hands a text over in pieces of whole lines.
func pieces(in io.Reader, do func([]byte) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, injectBytes)
	var open bytes.Buffer
	n := 0
	flush := func() error {
		if strings.TrimSpace(open.String()) == "" {
			return nil
		}
		err := do(bytes.Clone(open.Bytes()))
		open.Reset()
		n = 0
		return err
	}
	for lines.Scan() {
		if n >= injectLines || open.Len()+len(lines.Bytes()) >= injectBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		open.Write(lines.Bytes())
		open.WriteByte('\n')
		n++
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read relays: %w", err)
	}
	return flush()
}

func (v *injectRelaysVerb) inject(ctx context.Context, e *env, b *bus.Bus, piece []byte, counts map[string]int) error {
	ctx, cancel := context.WithTimeout(ctx, injectTimeout)
	defer cancel()
	answer, err := b.Request(ctx, subject.RelayAdd, piece)
	if errors.Is(err, bus.ErrNobody) {
		return v.store(ctx, e, b, piece, counts)
	}
	if err != nil {
		return exit(unreachable, fmt.Errorf("%w; ask again, or use: nats pub -J %s", err, subject.Found))
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	for {
		var one verdict
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the finder's answer: %w", err)
		}
		counts[one.Verdict]++
		if err := v.print(e, one); err != nil {
			return err
		}
	}
}

// store leaves the lines for a finder that is not running.
func (v *injectRelaysVerb) store(ctx context.Context, e *env, b *bus.Bus, piece []byte, counts map[string]int) error {
	if err := b.Publish(ctx, bus.Message{Subject: subject.Found, Body: piece}); err != nil {
		return exit(unreachable, err)
	}
	if counts["published"] == 0 {
		fmt.Fprintln(e.stderr, "No finder answers: the lines are stored on FOUND, and it will judge them when it runs.")
	}
	for line := range strings.Lines(string(piece)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		counts["published"]++
		if err := v.print(e, verdict{Line: line, Verdict: "published"}); err != nil {
			return err
		}
	}
	return nil
}

func (v *injectRelaysVerb) print(e *env, one verdict) error {
	if v.Output == "json" {
		return e.writeJSON(one)
	}
	what := one.URL
	if what == "" {
		what = app.Quote(one.Line)
	}
	line := one.Verdict + "\t" + what
	if one.Reason != "" {
		line += "\t" + one.Reason
	}
	_, err := fmt.Fprintln(e.stdout, line)
	return err
}
