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
	kv, err := b.bucket(ctx, subject.BucketState)
	if err != nil {
		return nil, false, err
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
	kv, err := b.bucket(ctx, subject.BucketState)
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, key, value); err != nil {
		return fmt.Errorf("put %s: %w", key, classify(err))
	}
	return nil
}

// bucket opens a declared bucket. One that is kept in memory is gone with the server, its
// declaration too, so whoever needs it first makes it again.
func (b *Bus) bucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, name)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, wrapBucket(name, err)
	}
	for _, declared := range subject.Buckets() {
		if declared.Name == name && declared.Memory {
			if _, err := b.applyBucket(ctx, declared); err != nil {
				return nil, wrapBucket(name, err)
			}
			kv, err = b.js.KeyValue(ctx, name)
		}
	}
	return kv, wrapBucket(name, err)
}

func wrapBucket(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("open bucket %s: %w", name, err)
}
