package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// LatestTags returns the tags of an author's newest event of a replaceable kind, as they are archived; none when there is no
// such event, or none that may be shown.
func (s *Store) LatestTags(ctx context.Context, author event.PubKey, kind uint16) (tags [][]string, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		tags = nil
		var text string
		return query(ctx, tx, "latest_tags", []any{&text}, func() {
			if json.Unmarshal([]byte(text), &tags) != nil {
				tags = nil // it is an array of arrays of strings in every archive that is ours
			}
		}, author[:], int32(kind))
	})
	if err != nil {
		return nil, fmt.Errorf("look up the latest event of kind %d: %w", kind, err)
	}
	return tags, nil
}
