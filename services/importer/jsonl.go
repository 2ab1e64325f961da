package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Lines is a file of events, one a line, as strfry and nak write them: the event alone, or a frame that begins with EVENT.
type Lines struct {
	Input   *dump.Input
	Relay   relay.URL // who served all of them; empty = nobody knows, and they are events without a sighting
	SeenAt  time.Time // when it did
	Vantage string
}

// Key names the bytes of the file and the relay.
func (s *Lines) Key() string {
	if s.Input.Identity == "" {
		return ""
	}
	return fmt.Sprintf("jsonl %s %s", s.Input.Identity, s.Relay)
}

// Taken is bytes on disk.
func (s *Lines) Taken() int64 { return s.Input.Taken() }

// Size is that of the file.
func (s *Lines) Size() int64 { return s.Input.Size }

// linePlace is a place in a file.
type linePlace struct {
	Byte int64 `json:"byte"` // unpacked
	Line int64 `json:"line"` // lines before
}

// Read cuts the file into loads of as many lines as fit into one message.
func (s *Lines) Read(ctx context.Context, from []byte, put func(*load) error) error {
	var at linePlace
	if from != nil {
		if err := json.Unmarshal(from, &at); err != nil {
			return fmt.Errorf("read the place in %s: %w", s.Input.Name, err)
		}
		if err := s.Input.Skip(at.Byte); err != nil {
			return err
		}
	}
	r := &lineReader{lines: dump.ReadLines(s.Input, at.Byte, at.Line)}
	for {
		piece, err := r.take()
		if err != nil {
			return fmt.Errorf("read %s: %w", s.Input.Name, err)
		}
		if len(piece.lines) == 0 {
			return ctx.Err()
		}
		after, err := json.Marshal(piece.after)
		if err != nil {
			return fmt.Errorf("encode the place in %s: %w", s.Input.Name, err)
		}
		if err := put(&load{check: func() outcome { return s.check(piece) }, after: after}); err != nil {
			return err
		}
	}
}

// piece is some lines of a file.
type piece struct {
	lines []dump.Line
	bytes int64
	after linePlace
}

// lineReader cuts a file into pieces.
type lineReader struct {
	lines *dump.Lines
	held  *dump.Line // read, but in no piece yet
}

// take reads lines until a message is full or the file ends; no line means that it has ended.
func (r *lineReader) take() (p piece, err error) {
	size := 0
	for len(p.lines) < ingest.MaxBatchEvents {
		place := linePlace{r.lines.Offset(), r.lines.Number()}
		line := r.held
		if line == nil {
			if line, err = r.next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return piece{}, err
			}
		}
		if len(p.lines) > 0 && size+len(line.Text) > ingest.MaxBatchBytes {
			r.held = line
			p.after = place
			return p, nil
		}
		r.held = nil
		size += len(line.Text)
		p.lines, p.bytes = append(p.lines, *line), p.bytes+int64(len(line.Text))+1
	}
	p.after = linePlace{r.lines.Offset(), r.lines.Number()}
	return p, nil
}

func (r *lineReader) next() (*dump.Line, error) {
	line, err := r.lines.Next()
	if err != nil {
		return nil, err
	}
	line.Text = bytes.Clone(line.Text)
	return &line, nil
}

// check reads and verifies lines.
func (s *Lines) check(p piece) (o outcome) {
	o.tally.lines, o.tally.bytes = int64(len(p.lines)), p.bytes
	var suspects []suspect
	var refused []*ingest.Refused
	for _, line := range p.lines {
		text, reason := body(line)
		if reason != "" {
			o.tally.refuse(reason, line.Number)
		}
		if len(text) == 0 {
			continue
		}
		e, err := event.Parse(text)
		switch {
		case err != nil:
			refused = append(refused, o.refuse(text, line.Number, err)...)
		case o.archived(e.Kind):
			suspects = append(suspects, suspect{e, line.Number, text})
		}
	}
	good, forged := judge(suspects, &o)
	o.batches = s.batches(good, append(refused, forged...))
	return o
}

// body takes the event out of a line; nothing = there is none, and the reason says whether there should be.
func body(line dump.Line) (text []byte, reason string) {
	text = bytes.TrimSpace(line.Text)
	switch {
	case line.Long:
		return nil, refusedLong
	case len(text) == 0 || text[0] != '[':
		return text, ""
	}
	frame, err := relay.ScanFrame(text)
	if err != nil || frame.Label != "EVENT" || frame.N < 1 || frame.N > 2 {
		return nil, refusedFrame
	}
	return frame.Args[frame.N-1], ""
}

// batches is one message: a page that proves nothing where a relay is known, an import elsewhere.
func (s *Lines) batches(good []*ingest.Event, refused []*ingest.Refused) []*ingest.Batch {
	batch := &ingest.Batch{}
	one := &ingest.Import{Source: "jsonl", ReadAt: time.Now().Unix(), Refused: refused}
	if s.Relay == "" {
		one.Events = good
	} else if len(good) > 0 {
		batch.Pages = []*ingest.Page{{Parts: 1, Relay: string(s.Relay), Vantage: s.Vantage, Filter: "{}",
			Since: 1, Until: 0, SeenAt: s.SeenAt.Unix(), Events: good}}
	}
	if len(one.Events)+len(one.Refused) > 0 {
		batch.Imports = []*ingest.Import{one}
	}
	if len(batch.Pages)+len(batch.Imports) == 0 {
		return nil
	}
	return []*ingest.Batch{batch}
}
