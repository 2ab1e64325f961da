package measure

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

//go:embed original.sql
var originalSchema string

//go:embed originalindexes.sql
var originalIndexes string

// OriginalBatch is how many events the original writes by one call.
const OriginalBatch = 1000

// Original is the schema of the original, and its write path.
type Original struct{ *Archive }

// OpenOriginal makes the schema in an empty database, with n events in it (Fill), and then the indexes.
func OpenOriginal(ctx context.Context, ownerURL string, events []event.Event, n int) (*Original, error) {
	a, err := Open(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	o := &Original{a}
	if err := o.make(ctx, events, n); err != nil {
		a.Close(ctx)
		return nil, err
	}
	return o, nil
}

func (o *Original) make(ctx context.Context, events []event.Event, n int) error {
	if _, err := o.conn.Exec(ctx, originalSchema); err != nil {
		return fmt.Errorf("make the schema of the original: %w", err)
	}
	if err := o.fill(ctx, events, n); err != nil {
		return err
	}
	if _, err := o.conn.Exec(ctx, "SET maintenance_work_mem = '1GB'; "+originalIndexes+"; ANALYZE event"); err != nil {
		return fmt.Errorf("make the indexes of the original: %w", err)
	}
	return nil
}

var originalColumns = []string{"id", "pubkey", "created_at", "kind", "tags", "tagvalues", "content", "sig"}

func (o *Original) fill(ctx context.Context, events []event.Event, n int) error {
	rows := make([][]any, len(events))
	for i := range events {
		e := &events[i]
		tags, content, _ := e.Text()
		rows[i] = []any{e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, tagValues(e), content, e.Sig[:]}
	}
	return o.copy(ctx, "event", originalColumns, n, func(i int) []any {
		round, row := uint64(i/max(1, len(rows)))+1, slices.Clone(rows[i%len(rows)])
		row[0], row[2] = scatter(row[0].([]byte), round), max(0, row[2].(int64)-int64(round*3571))
		values := slices.Clone(row[5].([]string))
		for j := range values {
			values[j] = strconv.FormatUint(round*golden, 36)[:4] + values[j]
		}
		row[5] = values
		return row
	})
}

// tagValues is what the function of the original makes of the tags.
func tagValues(e *event.Event) []string {
	values := []string{}
	for _, tag := range e.DecodeTags() {
		if len(tag) > 1 && len(tag[0]) == 1 {
			values = append(values, tag[0]+":"+tag[1])
		}
	}
	return values
}

const cascade = "SELECT event_relay_insert_cascade($1, $2, $3, $4, $5::text[]::jsonb[], $6, $7, $8, $9, $10, $11)"

// Write stores events that a relay served, in calls of OriginalBatch events, each committed, and returns how many junction
// rows were new. Values that the original cannot hold must not be among them.
func (o *Original) Write(ctx context.Context, events []*event.Event, relay string, seenAt int64) (added int, err error) {
	for len(events) > 0 {
		n := min(OriginalBatch, len(events))
		var rows int
		if err := o.conn.QueryRow(ctx, cascade, arrays(events[:n], relay, seenAt)...).Scan(&rows); err != nil {
			return added, fmt.Errorf("write %d events as the original: %w", n, err)
		}
		added, events = added+rows, events[n:]
	}
	return added, nil
}

func arrays(events []*event.Event, relay string, seenAt int64) []any {
	n := len(events)
	ids, pubkeys, sigs := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	created, kinds, tags, contents := make([]int64, n), make([]int32, n), make([]string, n), make([]string, n)
	urls, networks, seen := make([]string, n), make([]string, n), make([]int64, n)
	for i, e := range events {
		ids[i], pubkeys[i], sigs[i], created[i], kinds[i] = e.ID[:], e.PubKey[:], e.Sig[:], e.CreatedAt, int32(e.Kind)
		tags[i], contents[i], _ = e.Text()
		urls[i], networks[i], seen[i] = relay, "clearnet", seenAt
	}
	return []any{ids, pubkeys, created, kinds, tags, contents, sigs, urls, networks, seen, seen}
}
