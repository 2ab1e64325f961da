package importer

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// ErrInterrupted is what Run returns when ctx ended before the source did. Run goes on with the same source.
var ErrInterrupted = errors.New("interrupted")

// ErrDone is what Run returns for a source that was imported to its end before.
var ErrDone = errors.New("imported before")

// Source is what an import reads. It is used by one Run.
type Source interface {
	// Key names the source and everything that decides what comes of it; empty = its place cannot be remembered.
	Key() string
	// Read puts loads, in order, from a place on; nil is the beginning. It returns nil at the end of the source.
	Read(ctx context.Context, from []byte, put func(*load) error) error
	// Taken is how much of Size was read so far, in a unit of the source's own; Size 0 = unknown.
	Taken() int64
	Size() int64
}

// Importer imports one source after the other.
type Importer struct {
	bus      *bus.Bus
	patience bus.Patience
	running  atomic.Pointer[run]
}

// New prepares an importer; b must be of a user who may publish on INGEST.
func New(b *bus.Bus, log *slog.Logger) *Importer {
	return &Importer{bus: b, patience: bus.Patience{Log: log}}
}

// run is one import.
type run struct {
	source Source
	began  time.Time
	report Report
	// quarantined is how much was sent there.
	quarantined int

	total  atomic.Int64 // of report.Lines, for Progress
	handed atomic.Int64
	bad    atomic.Int64
	bytes  atomic.Int64
}

// Run imports a source from where it was left, or from its beginning if again is true.
func (im *Importer) Run(ctx context.Context, source Source, again bool) (Report, error) {
	place, err := im.place(ctx, source.Key(), again)
	if err != nil {
		return Report{}, err
	}
	if place.Done {
		return place.Report, ErrDone
	}
	r := &run{source: source, began: time.Now(), report: place.Report}
	r.report.Resumed = place.At != nil
	im.running.Store(r)
	err = im.flow(ctx, r, place)
	r.report.Took = time.Since(r.began)
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = ErrInterrupted
	}
	return r.report, err
}

// Progress is how far an import is.
type Progress struct {
	Lines, Events, Refused, Bytes int64 // since Run was called
	Taken, Size                   int64 // of the source; Size 0 = unknown
	Took                          time.Duration
	Waiting                       bool // INGEST takes nothing at the moment
}

// Progress may be called at any time, also beside Run.
func (im *Importer) Progress() Progress {
	r := im.running.Load()
	if r == nil {
		return Progress{}
	}
	return Progress{r.total.Load(), r.handed.Load(), r.bad.Load(), r.bytes.Load(), r.source.Taken(), r.source.Size(),
		time.Since(r.began), im.patience.Waiting()}
}

// hand puts a batch on INGEST, however long it takes.
func (im *Importer) hand(ctx context.Context, batch *ingest.Batch) error {
	return im.patience.Publish(ctx, func(ctx context.Context) error {
		return im.bus.Ingest(ctx, subject.IngestImports, batch)
	})
}
