package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// markEvery is how often an export makes durable what it wrote; what lies between is written again after a crash.
const markEvery = 5 * time.Second

// Lines writes the selection to a pipe, one event a line.
func (x *Exporter) Lines(ctx context.Context, sel store.Selection, to io.Writer) (dump.Events, error) {
	x.begin()
	w := lineWriter{exporter: x, to: to}
	err := x.store.Events(ctx, sel, w.write)
	return w.events, err
}

// File writes the selection to a file, one event a line, packed as its name says. An unfinished one of the same selection
// is gone on with; anything else that lies there is an error unless again is true.
func (x *Exporter) File(ctx context.Context, sel store.Selection, path string, again bool) (*dump.Manifest, error) {
	x.begin()
	d, out, err := x.open(ctx, sel, path, again)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if sel.After, err = d.position(); err != nil {
		return nil, err
	}
	w := &fileWriter{lineWriter: lineWriter{exporter: x, to: out, events: d.Manifest.Events, at: sel.After}, draft: d, path: path, out: out}
	if err := x.store.Events(ctx, sel, w.write); err != nil {
		return nil, errors.Join(err, w.mark())
	}
	d.Manifest.Events, d.Manifest.EndedAt = w.events, time.Now().UTC().Truncate(time.Second)
	file, err := out.Finish()
	if err != nil {
		return nil, err
	}
	file.Table, file.Rows = "events", w.events.Count
	d.Manifest.Files = []dump.File{file}
	return &d.Manifest, errors.Join(d.Manifest.Write(ManifestPath(path)), d.done(path))
}

// open begins a file, or goes on with it.
func (x *Exporter) open(ctx context.Context, sel store.Selection, path string, again bool) (*draft, *dump.Output, error) {
	d, err := readDraft(path)
	if err != nil && !again {
		return nil, nil, err
	}
	if d != nil && !again {
		if !d.fits(sel) {
			return nil, nil, fmt.Errorf("export to %s: %w", path, ErrOther)
		}
		out, err := dump.Resume(path, d.Mark)
		return d, out, err
	}
	if _, err := os.Stat(path); err == nil && !again {
		return nil, nil, fmt.Errorf("export to %s: %w", path, ErrExists)
	}
	d = &draft{}
	if d.Manifest, err = x.start(ctx, "jsonl", sel); err != nil {
		return nil, nil, err
	}
	out, err := dump.Create(path)
	if err != nil {
		return nil, nil, err
	}
	return d, out, d.keep(path, out, store.Position{})
}

// lineWriter writes events as lines.
type lineWriter struct {
	exporter *Exporter
	to       io.Writer
	buf      []byte
	events   dump.Events
	at       store.Position
}

func (w *lineWriter) write(one store.Stored) error {
	w.at = one.Position()
	if one.Err != nil {
		w.events.LeftOut++
		return nil
	}
	w.buf = append(one.Event.AppendJSON(w.buf[:0]), '\n')
	if _, err := w.to.Write(w.buf); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	w.events.Add(one.No, one.Event.CreatedAt)
	w.exporter.count(len(w.buf))
	return nil
}

// fileWriter makes durable from time to time what it wrote.
type fileWriter struct {
	lineWriter
	draft  *draft
	path   string
	out    *dump.Output
	marked time.Time
}

func (w *fileWriter) write(one store.Stored) error {
	if err := w.lineWriter.write(one); err != nil {
		return err
	}
	if w.marked.IsZero() {
		w.marked = time.Now()
	}
	if time.Since(w.marked) < markEvery {
		return nil
	}
	return w.mark()
}

func (w *fileWriter) mark() error {
	w.marked = time.Now()
	w.draft.Manifest.Events = w.events
	return w.draft.keep(w.path, w.out, w.at)
}
