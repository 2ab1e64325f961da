package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// Get returns the value that Put stored under the key, and whether there is one.
func (b *Bus) Get(ctx context.Context, key string) ([]byte, bool, error) {
	kv, err := b.js.KeyValue(ctx, subject.BucketState)
	if err != nil {
		return nil, false, fmt.Errorf("open bucket %s: %w", subject.BucketState, err)
	}
	entry, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("get %s: %w", key, err)
	}
	return entry.Value(), true, nil
}

// Put stores a small value under the key, durably. A key is made of letters, digits and -_=./ .
func (b *Bus) Put(ctx context.Context, key string, value []byte) error {
	kv, err := b.js.KeyValue(ctx, subject.BucketState)
	if err != nil {
		return fmt.Errorf("open bucket %s: %w", subject.BucketState, err)
	}
	if _, err := kv.Put(ctx, key, value); err != nil {
		return fmt.Errorf("put %s: %w", key, classify(err))
	}
	return nil
}
