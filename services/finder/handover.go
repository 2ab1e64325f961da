package finder

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	publishers = 32  // tasks published at the same time
	envelope   = 128 // bytes of a candidate beside its URL, generously
)

// publishCandidates hands the finds that were not refused to the writer, in as few messages as their size allows.
func (f *Finder) publishCandidates(ctx context.Context, finds []*find) error {
	batch, bytes := new(ingest.Batch), 0
	send := func() error {
		if len(batch.Candidates) == 0 {
			return nil
		}
		if err := f.bus.Ingest(ctx, subject.IngestCandidates, batch); err != nil {
			return fmt.Errorf("hand over %d candidates: %w", len(batch.Candidates), err)
		}
		batch, bytes = new(ingest.Batch), 0
		return nil
	}
	for _, one := range finds {
		if one.verdict == refused {
			continue
		}
		if bytes += len(one.url) + envelope; bytes > ingest.MaxBatchBytes {
			if err := send(); err != nil {
				return err
			}
			bytes = len(one.url) + envelope
		}
		batch.Candidates = append(batch.Candidates, &ingest.Candidate{
			Url: string(one.url), Network: string(one.url.Network()), Source: one.source, FoundAt: one.at.Unix(),
			Vantage: f.vantage,
		})
	}
	return send()
}

// publishTasks makes each URL's validation due, unless it is.
func (f *Finder) publishTasks(ctx context.Context, urls []relay.URL) error {
	publishing, ctx := errgroup.WithContext(ctx)
	publishing.SetLimit(publishers)
	for _, url := range urls {
		publishing.Go(func() error {
			_, err := f.bus.NowIfMissing(ctx, subject.JobValidate, bus.Task{URL: string(url), Network: string(url.Network())})
			return err
		})
	}
	if err := publishing.Wait(); err != nil {
		return fmt.Errorf("ask for %d validations: %w", len(urls), err)
	}
	return nil
}
