package exporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// ErrOther says that an unfinished export of something else lies there.
var ErrOther = errors.New("an unfinished export of something else lies there")

// ErrExists says that a complete export lies there.
var ErrExists = errors.New("a complete export lies there")

// draft is an export that is not finished: its manifest so far, how much of its file is on disk, and behind which event.
type draft struct {
	Manifest  dump.Manifest `json:"manifest"`
	Mark      dump.Mark     `json:"mark"`
	CreatedAt int64         `json:"created_at"`
	ID        string        `json:"id"` // hex, empty = the beginning
}

func draftPath(path string) string { return path + ".part.json" }

// ManifestPath is where the manifest of a file of lines lies.
func ManifestPath(path string) string { return path + ".manifest.json" }

// readDraft returns what is unfinished at a path; nil = nothing.
func readDraft(path string) (*draft, error) {
	text, err := os.ReadFile(draftPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the unfinished export: %w", err)
	}
	d := &draft{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("read the unfinished export %s: %w", draftPath(path), err)
	}
	return d, nil
}

// fits says whether the draft is of the same question.
func (d *draft) fits(sel store.Selection) bool {
	return d.Manifest.View == viewOf(sel) && reflect.DeepEqual(d.Manifest.Filter, roundTrip(filterOf(sel)))
}

// roundTrip is the filter as it comes out of JSON, where an empty list is none.
func roundTrip(f dump.Filter) (same dump.Filter) {
	text, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(text, &same)
	}
	if err != nil {
		panic(err) // plain strings and numbers
	}
	return same
}

// position is where to go on.
func (d *draft) position() (store.Position, error) {
	if d.ID == "" {
		return store.Position{}, nil
	}
	id, err := event.ParseID(d.ID)
	if err != nil {
		return store.Position{}, fmt.Errorf("read where the export stood: %w", err)
	}
	return store.Position{CreatedAt: d.CreatedAt, ID: id}, nil
}

// keep writes the draft; what its mark says is on disk already.
func (d *draft) keep(path string, out *dump.Output, at store.Position) error {
	var err error
	if d.Mark, err = out.Mark(); err != nil {
		return err
	}
	if at != (store.Position{}) {
		d.CreatedAt, d.ID = at.CreatedAt, at.ID.String()
	}
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode the unfinished export: %w", err)
	}
	return dump.Replace(draftPath(path), text)
}

// done removes the draft of an export that is complete.
func (d *draft) done(path string) error {
	if err := os.Remove(draftPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the unfinished export: %w", err)
	}
	return nil
}
