package exporter

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Views of the archive.
const (
	ViewShown = "shown" // what may be shown
	ViewAll   = "all"   // with what is deleted, expired or protected
)

// Exporter exports. It needs a bus only for the position of EVENTS.
type Exporter struct {
	bus   *bus.Bus
	store *store.Store

	began  atomic.Int64 // unix nanoseconds
	events atomic.Int64
	bytes  atomic.Int64
}

// New prepares an exporter; the role of the store decides what it may see.
func New(b *bus.Bus, s *store.Store) *Exporter { return &Exporter{bus: b, store: s} }

// Progress is how far the export is since it began, or went on.
type Progress struct {
	Events, Bytes int64 // bytes before they are packed
	Took          time.Duration
}

// Progress may be called at any time.
func (x *Exporter) Progress() Progress {
	return Progress{x.events.Load(), x.bytes.Load(), time.Since(time.Unix(0, x.began.Load()))}
}

func (x *Exporter) begin() {
	x.began.Store(time.Now().UnixNano())
	x.events.Store(0)
	x.bytes.Store(0)
}

func (x *Exporter) count(bytes int) {
	x.events.Add(1)
	x.bytes.Add(int64(bytes))
}

// stream is where EVENTS stands now.
func (x *Exporter) stream(ctx context.Context) (dump.Stream, error) {
	streams, err := x.bus.Streams(ctx)
	if err != nil {
		return dump.Stream{}, err
	}
	for _, s := range streams {
		if s.Name == subject.StreamEvents {
			return dump.Stream{Name: s.Name, LastSequence: s.LastSeq}, nil
		}
	}
	return dump.Stream{}, errors.New("there is no stream EVENTS")
}

// filterOf describes a selection.
func filterOf(sel store.Selection) dump.Filter {
	f := dump.Filter{Kinds: sel.Kinds, Since: sel.Since, Until: sel.Until, Relay: sel.Relay}
	for _, id := range sel.IDs {
		f.IDs = append(f.IDs, id.String())
	}
	for _, author := range sel.Authors {
		f.Authors = append(f.Authors, author.String())
	}
	return f
}

func viewOf(sel store.Selection) string {
	if sel.Shown {
		return ViewShown
	}
	return ViewAll
}

// start is the manifest of an export that begins now.
func (x *Exporter) start(ctx context.Context, kind string, sel store.Selection) (dump.Manifest, error) {
	at, err := x.stream(ctx)
	if err != nil {
		return dump.Manifest{}, fmt.Errorf("look where the stream stands: %w", err)
	}
	return dump.Manifest{Format: dump.Format, Kind: kind, BeganAt: time.Now().UTC().Truncate(time.Second), View: viewOf(sel),
		Filter: filterOf(sel), Stream: at}, nil
}
