package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// MonitorsOf returns how many different keys published in a time that they watch a relay (NIP-66, kind 30166), for all
// URLs in one round trip. URLs that nobody named are left out. The `d` of a relay without a path has a slash at its end or
// has none: both count.
func (s *Store) MonitorsOf(ctx context.Context, urls []string, since, until time.Time) (counts map[string]int, err error) {
	var names []string
	var hashes []int64
	for _, url := range urls {
		for _, d := range agreement.Names(url) {
			names, hashes = append(names, url), append(hashes, event.TagHash('d', d))
		}
	}
	err = s.read(ctx, func(tx pgx.Tx) error {
		counts = map[string]int{}
		var url string
		var n int
		return query(ctx, tx, "monitors_of", []any{&url, &n}, func() { counts[url] = n }, names, hashes, since.Unix(), until.Unix())
	})
	if err != nil {
		return nil, fmt.Errorf("count the monitors of %d relays: %w", len(urls), err)
	}
	return counts, nil
}
