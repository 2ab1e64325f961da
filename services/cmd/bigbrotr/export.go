package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/exporter"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/s3"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type exportVerb struct {
	JSONL   exportJSONLVerb   `cmd:"" name:"jsonl" help:"Write events, one a line, as they were signed."`
	Parquet exportParquetVerb `cmd:"" help:"Write the archive as Parquet: events, sightings and checks month by month, relays with their states, documents and coverage."`
}

// selection are the flags that choose events.
type selection struct {
	IDs     []string `name:"id" help:"Only events with this id: hex, note or nevent."`
	Authors []string `name:"author" help:"Only events of this author: hex, npub or nprofile."`
	Kinds   []uint16 `name:"kind" help:"Only events of this kind."`
	Since   *moment  `help:"Only events of this created_at or later: RFC 3339, unix, or an age."`
	Until   *moment  `help:"Only events of this created_at or earlier."`
	Relay   string   `help:"Only events that this relay was seen to serve."`
	All     bool     `help:"Also what is hidden: deleted, expired or protected. The role of DATABASE_READ_URL must be allowed to."`
}

func (v *selection) build() (sel store.Selection, err error) {
	sel = store.Selection{Kinds: v.Kinds, Shown: !v.All}
	for _, text := range v.IDs {
		id, err := event.DecodeID(text)
		if err != nil {
			return sel, exit(usage, fmt.Errorf("understand the id %s: %w", app.Quote(text), err))
		}
		sel.IDs = append(sel.IDs, id)
	}
	for _, text := range v.Authors {
		author, err := event.DecodePubKey(text)
		if err != nil {
			return sel, exit(usage, fmt.Errorf("understand the author %s: %w", app.Quote(text), err))
		}
		sel.Authors = append(sel.Authors, author)
	}
	if v.Since != nil {
		sel.Since = max(v.Since.Unix(), 0)
	}
	if v.Until != nil {
		sel.Until = v.Until.Unix()
	}
	if v.Relay != "" {
		url, err := canonical(v.Relay)
		if err != nil {
			return sel, err
		}
		sel.Relay = string(url)
	}
	return sel, nil
}

type exportJSONLVerb struct {
	selection
	File  string `short:"o" name:"file" help:"File, packed if it ends in .gz or .zst; - = stdout." default:"-"`
	Again bool   `help:"Begin anew, over whatever lies there."`
}

// Run writes the events that are chosen, oldest first.
func (v *exportJSONLVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	sel, err := v.build()
	if err != nil {
		return err
	}
	return onExporter(ctx, e, func(x *exporter.Exporter) error {
		if v.File == "-" {
			events, err := x.Lines(ctx, sel, e.stdout)
			return exported(ctx, e, events.Count, events.LeftOut, err)
		}
		stop := e.follow(v.File, func() pace { return exportPace(x.Progress()) })
		manifest, err := x.File(ctx, sel, v.File, v.Again)
		stop()
		if err != nil {
			return exported(ctx, e, 0, 0, err)
		}
		fmt.Fprintf(e.stderr, "%s: %s\n", app.Quote(v.File), exportPace(x.Progress()))
		return exported(ctx, e, manifest.Events.Count, manifest.Events.LeftOut, e.writeJSON(manifest))
	})
}

type exportParquetVerb struct {
	Dir string `arg:"" help:"Directory; what an earlier export left there is brought up to date."`
	selection
	Closed bool          `help:"Only months that are over."`
	Again  bool          `help:"Write every month anew."`
	Every  time.Duration `help:"Do it again and again, so far apart; without it, once."`
	S3     string        `name:"s3" help:"Copy the directory into this bucket, https://host/bucket/prefix; keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION."`
}

// Run writes the months that have changed.
func (v *exportParquetVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	sel, err := v.build()
	if err != nil {
		return err
	}
	if v.S3 != "" {
		if _, err := v.bucket(e); err != nil {
			return err
		}
	}
	for {
		err := v.once(ctx, e, sel)
		if v.Every <= 0 || ctx.Err() != nil {
			return err
		}
		if err != nil { // the next turn may find what this one lacked
			fmt.Fprintf(e.stderr, "bigbrotr: %s\n", err)
		}
		v.Again = false
		if !app.Sleep(ctx, v.Every) {
			return nil
		}
	}
}

// once brings the directory up to date, and the bucket.
func (v *exportParquetVerb) once(ctx context.Context, e *env, sel store.Selection) error {
	return onExporter(ctx, e, func(x *exporter.Exporter) error {
		stop := e.follow(v.Dir, func() pace { return exportPace(x.Progress()) })
		manifest, err := x.Tables(ctx, sel, v.Dir, v.Closed, v.Again)
		stop()
		if err != nil {
			return exported(ctx, e, 0, 0, err)
		}
		fmt.Fprintf(e.stderr, "%s: %s\n", app.Quote(v.Dir), exportPace(x.Progress()))
		if err := v.mirror(ctx, e, manifest); err != nil {
			return err
		}
		return exported(ctx, e, manifest.Events.Count, manifest.Events.LeftOut, e.writeJSON(manifest))
	})
}

// bucket opens the bucket that is named.
func (v *exportParquetVerb) bucket(e *env) (*s3.Bucket, error) {
	b, err := s3.Open(v.S3, e.environ["AWS_ACCESS_KEY_ID"], e.environ["AWS_SECRET_ACCESS_KEY"], e.environ["AWS_REGION"])
	if err != nil {
		return nil, exit(usage, err)
	}
	return b, nil
}

// mirror copies what is new into the bucket, if one is named.
func (v *exportParquetVerb) mirror(ctx context.Context, e *env, m *dump.Manifest) error {
	if v.S3 == "" {
		return nil
	}
	b, err := v.bucket(e)
	if err != nil {
		return err
	}
	sent, err := b.Mirror(ctx, v.Dir, exporter.Manifest, m)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "%d files were sent to the bucket\n", sent)
	return nil
}

// onExporter runs do with an exporter on both systems.
func onExporter(ctx context.Context, e *env, do func(*exporter.Exporter) error) error {
	b, s, done, err := dialBoth(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	return do(exporter.New(b, s))
}

// exported turns what became of an export into an exit code.
func exported(ctx context.Context, e *env, events, leftOut int64, err error) error {
	switch {
	case err != nil && ctx.Err() != nil:
		return exit(app.Interrupted, errors.New("interrupted; the same command goes on where it was, if it writes to a file"))
	case errors.Is(err, exporter.ErrOther), errors.Is(err, exporter.ErrExists):
		return exit(usage, fmt.Errorf("%w; --again begins anew", err))
	case errors.Is(err, store.ErrNoRelay):
		return exit(notFound, fmt.Errorf("%w; is it a candidate? See: bigbrotr candidate ls", err))
	case err != nil:
		return err
	case leftOut > 0:
		return exit(partial, fmt.Errorf("%d events were written; %d rows do not give their event back", events, leftOut))
	}
	return nil
}

func exportPace(p exporter.Progress) pace {
	return pace{Items: p.Events, Bytes: p.Bytes, Took: p.Took, What: "events"}
}
