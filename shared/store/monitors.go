package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// OtherMonitors returns what monitors say of a relay in events of the archive that may be shown, each its newest.
func (s *Store) OtherMonitors(ctx context.Context, relayURL string) (claims []agreement.Claim, err error) {
	var hashes []int64
	for _, name := range agreement.Names(relayURL) {
		hashes = append(hashes, event.TagHash('d', name))
	}
	err = s.read(ctx, func(tx pgx.Tx) error {
		claims = nil
		var pubkey []byte
		var at int64
		var text string
		return query(ctx, tx, "other_monitors", []any{&pubkey, &at, &text}, func() {
			var tags [][]string
			var monitor event.PubKey
			if json.Unmarshal([]byte(text), &tags) != nil || copy(monitor[:], pubkey) != len(monitor) {
				return
			}
			if c, ok := agreement.Read(monitor, time.Unix(at, 0).UTC(), tags, relayURL); ok {
				claims = append(claims, c)
			}
		}, hashes)
	})
	return claims, err
}
