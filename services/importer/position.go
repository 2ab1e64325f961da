package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// rememberEvery is how often a place is written at most; what lies between is handed over again after a crash.
const rememberEvery = time.Second

// place is where an import stands, as JSON in the bucket brotr_state.
type place struct {
	At     json.RawMessage `json:"at,omitempty"` // the source's own; nothing = the beginning
	Done   bool            `json:"done,omitempty"`
	Report Report          `json:"report"`
}

// placeKey is the key of a source in the bucket.
func placeKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "import." + hex.EncodeToString(sum[:16])
}

// place looks up where a source was left.
func (im *Importer) place(ctx context.Context, key string, again bool) (place, error) {
	var p place
	if key == "" || again {
		return p, nil
	}
	text, found, err := im.bus.Get(ctx, placeKey(key))
	if err != nil || !found {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return place{}, fmt.Errorf("read where the import was left: %w", err)
	}
	return p, nil
}

// keeper remembers the place of one run.
type keeper struct {
	im    *Importer
	run   *run
	at    []byte
	moved bool
	kept  time.Time
}

func (im *Importer) keeper(r *run) *keeper { return &keeper{im: im, run: r, kept: time.Now()} }

// passed notes that everything before a place is on INGEST.
func (k *keeper) passed(ctx context.Context, at []byte) error {
	k.at, k.moved = at, true
	if time.Since(k.kept) < rememberEvery {
		return nil
	}
	return k.keep(ctx, false)
}

// end remembers the last place, whatever ended the run, and returns what went wrong first.
func (k *keeper) end(ctx context.Context, ended error) error {
	if ended != nil && !k.moved {
		return ended
	}
	if err := k.keep(ctx, ended == nil); ended == nil {
		return err
	}
	return ended
}

func (k *keeper) keep(ctx context.Context, done bool) error {
	key := k.run.source.Key()
	if key == "" {
		return nil
	}
	text, err := json.Marshal(place{At: k.at, Done: done, Report: k.run.report})
	if err != nil {
		return fmt.Errorf("encode the place of an import: %w", err)
	}
	k.kept, k.moved = time.Now(), false
	return k.im.bus.Put(ctx, placeKey(key), text)
}
