package dump

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Format is the version of manifests. It rises when a reader of this one would misread the next.
const Format = "bigbrotr-dump/1"

// ErrMismatch says that a file is not what its manifest says.
var ErrMismatch = errors.New("file differs from its manifest")

// Manifest says what a dump holds, and how to go on from it without a gap. Its JSON is public interface.
type Manifest struct {
	Format  string    `json:"format"`
	Kind    string    `json:"kind"` // jsonl or parquet
	BeganAt time.Time `json:"began_at"`
	EndedAt time.Time `json:"ended_at"` // zero = it is not complete
	View    string    `json:"view"`     // shown: what may be shown; all: with what is deleted, expired or protected
	Filter  Filter    `json:"filter"`
	Stream  Stream    `json:"stream"`
	Events  Events    `json:"events"`
	Files   []File    `json:"files"`
}

// Filter is what was asked for; empty = everything.
type Filter struct {
	IDs     []string `json:"ids,omitempty"`
	Authors []string `json:"authors,omitempty"`
	Kinds   []uint16 `json:"kinds,omitempty"`
	Since   int64    `json:"since,omitempty"`
	Until   int64    `json:"until,omitempty"`
	Relay   string   `json:"relay,omitempty"`
}

// Stream is where EVENTS stood before the first row was read: what is in the archive and not in the dump comes, or came,
// with a later sequence.
type Stream struct {
	Name         string `json:"name"`
	LastSequence uint64 `json:"last_sequence"`
}

// Events counts what was written. Numbers are those of the archive, 0 = there is none.
type Events struct {
	Count          int64 `json:"count"`
	FirstNo        int64 `json:"first_event_no"` // smallest
	LastNo         int64 `json:"last_event_no"`  // largest
	FirstCreatedAt int64 `json:"first_created_at"`
	LastCreatedAt  int64 `json:"last_created_at"`
	LeftOut        int64 `json:"left_out,omitempty"` // rows that do not give their event back
}

// Add counts one event.
func (e *Events) Add(no, createdAt int64) {
	if e.Count == 0 {
		e.FirstNo, e.FirstCreatedAt, e.LastCreatedAt = no, createdAt, createdAt
	}
	e.Count++
	e.FirstNo, e.LastNo = min(e.FirstNo, no), max(e.LastNo, no)
	e.FirstCreatedAt, e.LastCreatedAt = min(e.FirstCreatedAt, createdAt), max(e.LastCreatedAt, createdAt)
}

// Merge adds what another part counted.
func (e *Events) Merge(o Events) {
	if o.Count > 0 {
		n := e.Count
		e.Add(o.FirstNo, o.FirstCreatedAt)
		e.Add(o.LastNo, o.LastCreatedAt)
		e.Count = n + o.Count
	}
	e.LeftOut += o.LeftOut
}

// File is one file of a dump.
type File struct {
	Path   string `json:"path"` // relative to the manifest, with slashes
	Table  string `json:"table"`
	Month  string `json:"month,omitempty"` // of created_at or of the time of the check, as 2026-11
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`

	// Of a table of events: what it holds, and what the archive had of the month when it was written, hidden ones
	// included, and the largest number of any event then. A month that has neither changed is not written again.
	Events   *Events `json:"events,omitempty"`
	Archived int64   `json:"archived,omitempty"`
	HighNo   int64   `json:"high_event_no,omitempty"`
}

// Write puts the manifest beside its files.
func (m *Manifest) Write(path string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	return Replace(path, append(text, '\n'))
}

// maxManifest bounds what is read as a manifest.
const maxManifest = 64 << 20

// ReadManifest reads a manifest of our format.
func ReadManifest(path string) (*Manifest, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	defer file.Close()
	m := &Manifest{}
	if err := json.NewDecoder(io.LimitReader(file, maxManifest)).Decode(m); err != nil {
		return nil, fmt.Errorf("read the manifest %s: %w", path, err)
	}
	if m.Format != Format {
		return nil, fmt.Errorf("read the manifest %s: its format is not %s", path, Format)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return nil, fmt.Errorf("read the manifest %s: a file lies outside of it", path)
		}
	}
	return m, nil
}

// Verify compares a file under dir with what the manifest says of it.
func (f *File) Verify(dir string) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Path)))
	if err != nil {
		return fmt.Errorf("verify a file: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return fmt.Errorf("verify %s: %w", f.Path, err)
	}
	if n != f.Bytes || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("verify %s: %w", f.Path, ErrMismatch)
	}
	return nil
}
