package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Version is one version of a document of a relay.
type Version struct {
	Vantage, Type       string
	FirstSeen, LastSeen time.Time
	SHA256              []byte
	Body                []byte
}

// NewestDocuments returns the newest version of each document of a relay from each vantage.
func (s *Store) NewestDocuments(ctx context.Context, relayURL string) ([]Version, error) {
	return s.versions(ctx, "newest_documents", relayURL)
}

// History returns the last versions of a relay's documents of one type from every vantage, the newest first.
func (s *Store) History(ctx context.Context, relayURL, kind string, limit int) ([]Version, error) {
	return s.versions(ctx, "history", relayURL, kind, limit)
}

func (s *Store) versions(ctx context.Context, statement string, args ...any) (all []Version, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		all = nil
		var v Version
		var first, last int64
		return query(ctx, tx, statement, []any{&v.Vantage, &v.Type, &first, &last, &v.SHA256, &v.Body}, func() {
			v.FirstSeen, v.LastSeen = timeOf(&first), timeOf(&last)
			all = append(all, v)
			v.SHA256, v.Body = nil, nil // the next row gets its own
		}, args...)
	})
	return all, err
}

// Twins returns other relays that serve the same information document from a vantage now, at most ten. A document of a
// few bytes is anybody's.
func (s *Store) Twins(ctx context.Context, relayURL string) (urls []string, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		urls = nil
		var url string
		return query(ctx, tx, "twins", []any{&url}, func() { urls = append(urls, url) }, relayURL)
	})
	return urls, err
}
