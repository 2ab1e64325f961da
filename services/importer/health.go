package importer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	refusedState      = "bad_state"
	refusedTransition = "bad_transition"
	refusedDocument   = "bad_document"
	refusedProof      = "bad_coverage"

	// maxNesting bounds documents of our own form, which Postgres reads as jsonb.
	maxNesting = 32
)

// pieces reads a file of rows and hands them over in messages. add takes a row into a batch and returns about how many bytes
// that is, or why the row is refused.
func pieces[T any](r *tableReader, file dump.File, clean bool, add func(batch *ingest.Batch, row *T) (size int, refused string)) error {
	rows, err := dump.OpenTable[T](r.s.path(file), r.at.Row)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		batch := &ingest.Batch{Imports: []*ingest.Import{{Source: "parquet", ReadAt: time.Now().Unix()}}}
		out := outcome{batches: []*ingest.Batch{batch}}
		for size := 0; out.tally.lines < ingest.MaxBatchEvents && size < ingest.MaxBatchBytes/2; out.tally.lines++ {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			n, refused := add(batch, row)
			if size += n; refused != "" {
				out.tally.refuse(refused, rows.Number())
			} else {
				out.count(file.Table, 1)
			}
		}
		if out.tally.lines == 0 {
			return nil
		}
		r.s.done.Add(out.tally.lines)
		if err := r.loadIf(clean, file, rows.Number(), 0, func() outcome { return out }); err != nil {
			return err
		}
	}
}

// states are handed over as checks without results: the writer keeps what was checked last.
func (r *tableReader) states(file dump.File) error {
	now := time.Now().Unix()
	return pieces(r, file, false, func(batch *ingest.Batch, s *dump.StateRow) (int, string) {
		if !isState(s.State) || s.CheckedAt <= 0 || s.CheckedAt > now || s.StateSince > s.CheckedAt || s.FailingSince > s.CheckedAt { // it would outlast what we see
			return 0, refusedState
		}
		one := batch.Imports[0]
		one.Checks = append(one.Checks, &ingest.Check{Relay: s.Relay, Vantage: s.Vantage, CheckedAt: s.CheckedAt, State: s.State,
			StateSince: s.StateSince, Failures: positive(s.Failures), FailingSince: s.FailingSince, NextCheckAt: s.NextCheckAt})
		return len(s.Relay) + 64, ""
	})
}

func isState(s string) bool {
	switch s {
	case "up", "down", "blocked", "authonly", "dead":
		return true
	}
	return false
}

// transitions are handed over as they are.
func (r *tableReader) transitions(file dump.File) error {
	now := time.Now().Unix()
	return pieces(r, file, false, func(batch *ingest.Batch, t *dump.TransitionRow) (int, string) {
		if !isState(t.State) && t.State != "degraded" || t.At <= 0 || t.SeenAt < t.At || t.SeenAt > now || t.SeenUntil < t.SeenAt {
			return 0, refusedTransition
		}
		one := batch.Imports[0]
		one.Transitions = append(one.Transitions, &ingest.Transition{Relay: t.Relay, Vantage: t.Vantage, At: t.At, State: t.State,
			Failing: t.Failing, Reason: t.Reason, SeenAt: t.SeenAt, SeenUntil: t.SeenUntil})
		return len(t.Relay) + 64, ""
	})
}

// documents are handed over as two sightings of each version.
func (r *tableReader) documents(file dump.File) error {
	now := time.Now().Unix()
	return pieces(r, file, false, func(batch *ingest.Batch, d *dump.DocumentRow) (int, string) {
		if sha256.Sum256(d.Body) != d.SHA256 || !readable(d.Type, d.Body) || d.FirstSeen <= 0 || d.LastSeen < d.FirstSeen || d.LastSeen > now {
			return 0, refusedDocument
		}
		one := batch.Imports[0]
		for _, at := range []int64{d.FirstSeen, d.LastSeen} {
			one.Checks = append(one.Checks, &ingest.Check{Relay: d.Relay, Vantage: d.Vantage, CheckedAt: at,
				Documents: []*ingest.Document{document.Message(d.Type, d.Body)}})
			if d.FirstSeen == d.LastSeen {
				break
			}
		}
		return 2 * (len(d.Relay) + len(d.Body) + 64), ""
	})
}

// readable says whether a body may be kept: a relay's own document may be anything, ours is what jsonb reads, because a view
// has it do so.
func readable(name string, body []byte) bool {
	if name == document.NIP11 {
		return len(body) <= relay.MaxInfo
	}
	value, err := document.Decode[any](body)
	return err == nil && utf8.Valid(body) && nesting(value) <= maxNesting &&
		!bytes.Contains(body, []byte(`\u0000`)) && !bytes.Contains(bytes.ToLower(body), []byte(`\ud`)) // U+0000, surrogates
}

func nesting(value any) (deepest int) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			deepest = max(deepest, nesting(one))
		}
	case map[string]any:
		for _, one := range v {
			deepest = max(deepest, nesting(one))
		}
	default:
		return 0
	}
	return deepest + 1
}

// coverage is handed over as pages without events, if nothing before was refused: the events that they speak of are on INGEST
// already.
func (r *tableReader) coverage(file dump.File) error {
	if !r.s.Coverage {
		return nil
	}
	now := time.Now().Unix()
	return pieces(r, file, true, func(batch *ingest.Batch, c *dump.CoverageRow) (int, string) {
		if _, known := ingest.Proof_name[c.Proof]; !known || c.Proof == 0 || c.WalkedOn <= 0 || c.WalkedOn > now || c.Since < 0 || c.Until < c.Since {
			return 0, refusedProof
		}
		batch.Pages = append(batch.Pages, &ingest.Page{Parts: 1, Relay: c.Relay, Filter: c.Filter, Since: c.Since, Until: c.Until,
			Proof: ingest.Proof(c.Proof), SeenAt: c.WalkedOn})
		return len(c.Relay) + len(c.Filter) + 64, ""
	})
}
