package importer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Tables is a directory of Parquet files with their manifest.
type Tables struct {
	Dir      string
	Coverage bool // also what is proven: of a dump that is trusted in this

	key      string
	manifest *dump.Manifest
	relays   map[string]dump.RelayRow
	rows     int64
	done     atomic.Int64
}

// maxRelays bounds the relays of a dump that are held in memory.
const maxRelays = 1 << 20

// OpenTables reads the manifest of a complete dump and compares every file with it.
func OpenTables(dir string) (*Tables, error) {
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	m, err := dump.ReadManifest(path)
	if err != nil {
		return nil, err
	}
	if m.Kind != "parquet" || m.EndedAt.IsZero() {
		return nil, fmt.Errorf("import %s: it is no complete dump of tables; export it again to complete it", dir)
	}
	t := &Tables{Dir: dir, manifest: m, relays: map[string]dump.RelayRow{}, key: fmt.Sprintf("parquet %x", sha256.Sum256(text))}
	for i := range m.Files {
		if err := m.Files[i].Verify(dir); err != nil {
			return nil, err
		}
		t.rows += m.Files[i].Rows
	}
	return t, t.readRelays()
}

// readRelays remembers the relays: every message takes those along that it names, so that their rows are as they were.
func (s *Tables) readRelays() error {
	return s.each(dump.TableRelays, func(file dump.File) error {
		rows, err := dump.OpenTable[dump.RelayRow](s.path(file), 0)
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if len(s.relays) == maxRelays {
				return fmt.Errorf("read the relays of %s: there are more than %d", s.Dir, maxRelays)
			}
			s.relays[row.URL] = *row
		}
	})
}

func (s *Tables) path(file dump.File) string {
	return filepath.Join(s.Dir, filepath.FromSlash(file.Path))
}

func (s *Tables) each(table string, do func(dump.File) error) error {
	for _, file := range s.manifest.Files {
		if file.Table == table {
			if err := do(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// Key names the manifest, and so every byte.
func (s *Tables) Key() string {
	if s.Coverage {
		return s.key + " with coverage"
	}
	return s.key
}

// Taken is rows.
func (s *Tables) Taken() int64 { return s.done.Load() }

// Size is rows, too.
func (s *Tables) Size() int64 { return s.rows }

// tablePlace is a place in a dump: the file, and the rows before it there and in the file of sightings beside it.
type tablePlace struct {
	Path      string `json:"path"`
	Row       int64  `json:"row"`
	Sightings int64  `json:"sightings,omitempty"`
}

// Read puts the relays, then the events of each month with their sightings, then the checks, states, transitions and documents of relays,
// and coverage, which speaks of all of them, last.
func (s *Tables) Read(ctx context.Context, from []byte, put func(*load) error) error {
	var at tablePlace
	if from != nil {
		if err := json.Unmarshal(from, &at); err != nil {
			return fmt.Errorf("read the place in %s: %w", s.Dir, err)
		}
	}
	r := tableReader{s: s, at: at, put: put}
	for _, part := range []struct {
		table string
		read  func(dump.File) error
	}{{dump.TableRelays, r.relays}, {dump.TableEvents, r.events}, {dump.TableChecks, r.checks}, {dump.TableStates, r.states},
		{dump.TableTransitions, r.transitions}, {dump.TableDocuments, r.documents}, {dump.TableCoverage, r.coverage}} {
		if err := s.each(part.table, r.from(part.read)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tableReader reads a dump file by file.
type tableReader struct {
	s   *Tables
	at  tablePlace // where to begin; without a path it was met
	put func(*load) error
}

// from passes over files before the place.
func (r *tableReader) from(read func(dump.File) error) func(dump.File) error {
	return func(file dump.File) error {
		if r.at.Path != "" && r.at.Path != file.Path {
			r.s.done.Add(file.Rows)
			return nil
		}
		err := read(file)
		r.at = tablePlace{}
		return err
	}
}

// load hands on what is read of a file up to a place.
func (r *tableReader) load(file dump.File, row, sightings int64, check func() outcome) error {
	return r.loadIf(false, file, row, sightings, check)
}

// loadIf is load of what is handed over only if nothing was refused before, if clean is true.
func (r *tableReader) loadIf(clean bool, file dump.File, row, sightings int64, check func() outcome) error {
	after, err := json.Marshal(tablePlace{file.Path, row, sightings})
	if err != nil {
		return fmt.Errorf("encode the place in %s: %w", file.Path, err)
	}
	return r.put(&load{check: check, after: after, clean: clean})
}

// relays are handed over as they were proven and found.
func (r *tableReader) relays(file dump.File) error {
	rows, err := dump.OpenTable[dump.RelayRow](r.s.path(file), r.at.Row)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		one := &ingest.Import{Source: "parquet", ReadAt: time.Now().Unix()}
		batch := &ingest.Batch{Imports: []*ingest.Import{one}}
		for len(one.Relays) < ingest.MaxBatchEvents {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			addRelay(batch, *row)
		}
		n := int64(len(one.Relays))
		if n == 0 {
			return nil
		}
		r.s.done.Add(n)
		out := outcome{batches: []*ingest.Batch{batch}, tally: tally{lines: n, tables: map[string]int64{dump.TableRelays: n}}}
		if err := r.load(file, rows.Number(), 0, func() outcome { return out }); err != nil {
			return err
		}
	}
}

// addRelay says in the import of a batch when a relay was proven, and found. Its network follows from its URL, whatever the row says.
func addRelay(batch *ingest.Batch, row dump.RelayRow) {
	network := string(relay.URL(row.URL).Network())
	one := batch.Imports[0]
	one.Relays = append(one.Relays, &ingest.Relay{Url: row.URL, Network: network, AcceptedAt: row.AcceptedAt})
	if row.FoundAt > 0 {
		batch.Candidates = append(batch.Candidates, &ingest.Candidate{Url: row.URL, Network: network, FoundAt: row.FoundAt})
	}
}

// checks are handed over round by round.
func (r *tableReader) checks(file dump.File) error {
	rows, err := dump.OpenTable[dump.CheckRow](r.s.path(file), r.at.Row)
	if err != nil {
		return err
	}
	defer rows.Close()
	for end := false; !end; {
		b := checkBatch{s: r.s, relays: map[string]bool{}}
		for b.rows < ingest.MaxBatchEvents && b.size < ingest.MaxBatchBytes/2 {
			row, err := rows.Next()
			if end = errors.Is(err, io.EOF); end {
				break
			}
			if err != nil {
				return err
			}
			b.add(row)
		}
		if b.rows == 0 {
			return nil
		}
		r.s.done.Add(b.rows)
		if err := r.load(file, rows.Number(), 0, b.outcome); err != nil {
			return err
		}
	}
	return nil
}

// checkBatch gathers rows of checks.
type checkBatch struct {
	s      *Tables
	checks []*ingest.Check
	relays map[string]bool
	rows   int64
	size   int
}

// add puts a row into the round before, if it is of that.
func (b *checkBatch) add(row *dump.CheckRow) {
	b.rows++
	b.size += len(row.Relay) + len(row.Text) + len(row.Reason) + 64
	b.relays[row.Relay] = true
	var round *ingest.Check
	if n := len(b.checks); n > 0 {
		round = b.checks[n-1]
	}
	if round == nil || round.Relay != row.Relay || round.Vantage != row.Vantage || round.CheckedAt != row.CheckedAt {
		round = &ingest.Check{Relay: row.Relay, Vantage: row.Vantage, CheckedAt: row.CheckedAt, Degraded: row.Degraded}
		b.checks = append(b.checks, round)
	}
	round.Results = append(round.Results, &ingest.Result{Check: row.Check, Ok: row.OK, RttMs: positive(row.RTT), Reason: row.Reason,
		Text: row.Text, DnsMs: positive(row.DNS), TcpMs: positive(row.TCP), TlsMs: positive(row.TLS), UpgradeMs: positive(row.Upgrade),
		Value: row.Value})
}

func positive(n int32) uint32 { return uint32(max(n, 0)) }

func (b *checkBatch) outcome() outcome {
	batch := &ingest.Batch{Imports: []*ingest.Import{{Source: "parquet", ReadAt: time.Now().Unix(), Checks: b.checks}}}
	b.s.addRelays(batch, b.relays)
	return outcome{batches: []*ingest.Batch{batch}, tally: tally{lines: b.rows, tables: map[string]int64{dump.TableChecks: b.rows}}}
}

// addRelays takes along the relays that a message names.
func (s *Tables) addRelays(batch *ingest.Batch, named map[string]bool) {
	for url := range named {
		if row, known := s.relays[url]; known {
			addRelay(batch, row)
		}
	}
}
