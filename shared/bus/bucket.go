package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// ErrNoBucket says that a bucket is not there, which a durable one is not before the initializer has run.
var ErrNoBucket = jetstream.ErrBucketNotFound

// ErrTaken says that a key has another revision than it was thought to have: somebody else wrote it.
var ErrTaken = errors.New("somebody else wrote the key")

// changeTries bounds how often Change begins again because somebody else was faster.
const changeTries = 20

// changePause is how long the loser of a race waits, so that the same do not meet again.
const changePause = 2 * time.Millisecond

// Bucket is one declared bucket for whoever asks often: it is looked up once, and again after a fault. One that is kept
// in memory is made again when the server lost it. It is safe for concurrent use.
type Bucket struct {
	bus  *Bus
	name string

	mu sync.Mutex
	kv jetstream.KeyValue // nil = to be looked up
}

// Bucket returns a bucket that package subject declares. Nothing is asked yet.
func (b *Bus) Bucket(name string) *Bucket { return &Bucket{bus: b, name: name} }

func (k *Bucket) open(ctx context.Context) (jetstream.KeyValue, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kv != nil {
		return k.kv, nil
	}
	kv, err := k.bus.bucket(ctx, k.name)
	if err == nil {
		k.kv = kv
	}
	return kv, err
}

// checked says what became of a request, and has the bucket looked up again after one that found none.
func (k *Bucket) checked(verb, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyExists): // a wrong revision is the same error
		return fmt.Errorf("%s %s: %w", verb, key, ErrTaken)
	}
	k.mu.Lock()
	k.kv = nil
	k.mu.Unlock()
	return fmt.Errorf("%s %s in %s: %w", verb, key, k.name, err)
}

// Create writes a key that is not there and returns its revision; ErrTaken if it is.
func (k *Bucket) Create(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	kv, err := k.open(ctx)
	if err != nil {
		return 0, err
	}
	revision, err = kv.Create(ctx, key, value)
	return revision, k.checked("create", key, err)
}

// Update writes a key that has the revision, so that its time to live begins anew; else it is ErrTaken.
func (k *Bucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	kv, err := k.open(ctx)
	if err != nil {
		return 0, err
	}
	revision, err = kv.Update(ctx, key, value, revision)
	return revision, k.checked("update", key, err)
}

// Delete takes away a key that has the revision.
func (k *Bucket) Delete(ctx context.Context, key string, revision uint64) error {
	kv, err := k.open(ctx)
	if err != nil {
		return err
	}
	return k.checked("delete", key, kv.Delete(ctx, key, jetstream.LastRevision(revision)))
}

// Get returns a key's value and revision; both are zero for a key that is not there.
func (k *Bucket) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	kv, err := k.open(ctx)
	if err != nil {
		return nil, 0, err
	}
	entry, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, k.checked("get", key, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Change reads a key, has do make its new value of the old one (nil = it was not there), and writes that. It begins again
// when somebody else wrote between the two, so do must be able to be called more than once.
func (k *Bucket) Change(ctx context.Context, key string, do func(old []byte) ([]byte, error)) error {
	for try := 1; ; try++ {
		old, revision, err := k.Get(ctx, key)
		if err != nil {
			return err
		}
		value, err := do(old)
		if err != nil {
			return err
		}
		if revision == 0 {
			_, err = k.Create(ctx, key, value)
		} else {
			_, err = k.Update(ctx, key, value, revision)
		}
		if !errors.Is(err, ErrTaken) || try == changeTries || !app.Sleep(ctx, app.Jitter(changePause, 1)) {
			return err
		}
	}
}

// State is the durable bucket of small state, as Get and Put use it.
func (b *Bus) State() *Bucket { return b.Bucket(subject.BucketState) }

// Alerts is the durable bucket of what was told to those who asked.
func (b *Bus) Alerts() *Bucket { return b.Bucket(subject.BucketAlerts) }
