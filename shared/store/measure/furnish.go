package measure

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
)

//go:embed furnish.sql
var furniture string

// serve gives events that no relay serves 1 to 9 relays each; the first relays serve most.
const serve = `
INSERT INTO sighting (event_no, relay_no, first_seen, last_seen)
SELECT e.event_no, r.relay_no, n.now - r.relay_no % 8640000, n.now - r.relay_no % 864000
FROM event e, (SELECT extract(epoch FROM now())::integer AS now) AS n,
     (SELECT min(relay_no) AS first, count(*) AS all FROM relay WHERE url LIKE 'wss://furnished%') AS b,
     LATERAL (SELECT DISTINCT (b.first + floor(b.all * power(random(), 3)))::integer AS relay_no FROM generate_series(0, e.event_no % 9)) AS r
WHERE NOT EXISTS (SELECT FROM sighting s WHERE s.event_no = e.event_no)`

// Furnish gives an archive what readers look at beside events, of so many relays, and each event that no relay serves about
// four of them. The counters do not know of it: they are to be rebuilt.
func (a *Archive) Furnish(ctx context.Context, relays int) error {
	if _, err := a.conn.Exec(ctx, "SELECT set_config('furnish.relays', $1, false)", strconv.Itoa(relays)); err != nil {
		return wrap("furnish", err)
	}
	if _, err := a.conn.Exec(ctx, furniture); err != nil {
		return fmt.Errorf("furnish: %w", err)
	}
	err := a.filled(ctx, "sighting", func() error {
		_, err := a.conn.Exec(ctx, serve)
		return wrap("make up sightings", err)
	})
	if err != nil {
		return err
	}
	_, err = a.conn.Exec(ctx, "VACUUM ANALYZE")
	return wrap("vacuum", err)
}
