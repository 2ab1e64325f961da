package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/sql"
)

// Original is a database of the Python BigBrotr: tables relay, event, event_relay and, if
// they are there, metadata and relay_metadata. It is only read, page by page.
type Original struct {
	store *Store
	name  string
}

// OriginalEvent is an event of the original as JSON, as far as its columns hold it; whether it is valid is to be seen.
type OriginalEvent struct {
	ID   [32]byte
	JSON []byte // nil = the row has no tags, content or signature, as in a LilBrotr
	Seen []OriginalSighting
}

// OriginalSighting is a relay that served an event, under the URL that the original gave it.
type OriginalSighting struct {
	Relay  string
	SeenAt int64 // unix seconds, first seen
}

// OriginalRelay is a relay of the original.
type OriginalRelay struct {
	URL          string
	DiscoveredAt int64 // unix seconds
}

// OpenOriginal prepares to read; it connects at the first question.
func OpenOriginal(dsn string, log *slog.Logger) (*Original, error) {
	s, err := Open(Config{URL: dsn, Service: "import", MaxConns: 2}, log)
	if err != nil {
		return nil, err
	}
	cfg := s.pool.Config().ConnConfig
	where := url.URL{Scheme: "postgres", Host: fmt.Sprintf("%s:%d", cfg.Host, cfg.Port), Path: "/" + cfg.Database}
	return &Original{s, where.String()}, nil
}

// Name says which database it is, without user or password.
func (o *Original) Name() string { return o.name }

// Close closes the connections.
func (o *Original) Close() { o.store.Close() }

// Size is about how many rows of relay, event and relay_metadata there are; it fails if Postgres does not answer.
func (o *Original) Size(ctx context.Context) (rows int64, err error) {
	err = o.rows(ctx, "size", []any{&rows}, func() error { return nil })
	return rows, err
}

// Relays returns the relays after a URL, at most limit.
func (o *Original) Relays(ctx context.Context, after string, limit int) (relays []OriginalRelay, err error) {
	var one OriginalRelay
	err = o.rows(ctx, "relays", []any{&one.URL, &one.DiscoveredAt}, func() error {
		relays = append(relays, one)
		return nil
	}, after, limit)
	return relays, err
}

// Events returns the events after an id with their sightings, at most limit.
func (o *Original) Events(ctx context.Context, after [32]byte, limit int) (events []OriginalEvent, err error) {
	var row originalRow
	places := map[[32]byte]int{}
	var ids [][]byte
	err = o.rows(ctx, "events", row.targets(), func() error {
		if len(row.id) != 32 {
			return errors.New("an id has not 32 bytes: this is not the original's schema")
		}
		one := OriginalEvent{ID: [32]byte(row.id), JSON: row.json()}
		places[one.ID], ids = len(events), append(ids, bytes.Clone(row.id))
		events = append(events, one)
		return nil
	}, after[:], limit)
	if err != nil || len(ids) == 0 {
		return events, err
	}
	var id []byte
	var seen OriginalSighting
	err = o.rows(ctx, "sightings", []any{&id, &seen.Relay, &seen.SeenAt}, func() error {
		at := places[[32]byte(id)]
		events[at].Seen = append(events[at].Seen, seen)
		return nil
	}, ids)
	return events, err
}

// rows runs a statement of the original in a read-only transaction.
func (o *Original) rows(ctx context.Context, statement string, targets []any, each func() error, args ...any) error {
	err := o.store.transact(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, "begin_read", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql.Original(statement), args...)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, targets, each)
		return err
	})
	if err != nil {
		return fmt.Errorf("read %s of the original: %w", statement, err)
	}
	return nil
}

// originalRow is a row of the original's event.
type originalRow struct {
	id, pubkey, sig []byte
	createdAt       int64
	kind            int32
	tags, content   *string
}

func (r *originalRow) targets() []any {
	return []any{&r.id, &r.pubkey, &r.createdAt, &r.kind, &r.tags, &r.content, &r.sig}
}

// json writes the row as an event. Which escapes its signer used the original does not know; whoever parses it tries those
// that are in use.
func (r *originalRow) json() []byte {
	if r.tags == nil || r.content == nil || r.sig == nil {
		return nil
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(*r.content); err != nil {
		return nil
	}
	return fmt.Appendf(nil, `{"id":"%s","pubkey":"%s","created_at":%d,"kind":%d,"tags":%s,"content":%s,"sig":"%s"}`,
		hex.EncodeToString(r.id), hex.EncodeToString(r.pubkey), r.createdAt, r.kind, *r.tags, bytes.TrimSpace(content.Bytes()), hex.EncodeToString(r.sig))
}
