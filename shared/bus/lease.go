package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// HeldError says that somebody else holds a lease, and for how long it may last at most.
type HeldError struct {
	Key       string
	Remaining time.Duration
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("lease %s is held for up to %s", e.Key, e.Remaining.Round(time.Second))
}

// Lease is the right to be the only one at something, for as long as it is renewed. Losing it
// costs duplicate work, never data, so nothing may depend on its exclusiveness.
type Lease struct {
	kv       jetstream.KeyValue
	key      string
	revision uint64
	stop     context.CancelFunc
	done     sync.WaitGroup
	lost     chan struct{}
}

// leaseRenewal is how often a lease is renewed: three times in its life.
const leaseRenewal = subject.LeaseTTL / 3

// Lease takes a lease and renews it until Release. The error is a *HeldError if somebody else
// holds it. A key is made of letters, digits and -_=./ .
func (b *Bus) Lease(ctx context.Context, key string) (*Lease, error) {
	kv, err := b.bucket(ctx, subject.BucketLeases)
	if err != nil {
		return nil, err
	}
	revision, err := kv.Create(ctx, key, nil)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil, held(ctx, kv, key)
	}
	if err != nil {
		return nil, fmt.Errorf("take lease %s: %w", key, classify(err))
	}
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	lease := &Lease{kv: kv, key: key, revision: revision, stop: stop, lost: make(chan struct{})}
	lease.done.Go(func() { lease.renew(renewing) })
	return lease, nil
}

// Once is for what must not happen again within a lease's life, wherever it is tried: the first call succeeds, later ones
// get a *HeldError until that time is over.
func (b *Bus) Once(ctx context.Context, key string) error {
	kv, err := b.bucket(ctx, subject.BucketLeases)
	if err != nil {
		return err
	}
	_, err = kv.Create(ctx, key, nil)
	if errors.Is(err, jetstream.ErrKeyExists) {
		return held(ctx, kv, key)
	}
	if err != nil {
		return fmt.Errorf("take %s: %w", key, classify(err))
	}
	return nil
}

func held(ctx context.Context, kv jetstream.KeyValue, key string) error {
	remaining := time.Second
	if entry, err := kv.Get(ctx, key); err == nil {
		// The server's clock made the entry; ours may stand elsewhere.
		remaining = min(max(remaining, subject.LeaseTTL-time.Since(entry.Created())), subject.LeaseTTL)
	}
	return &HeldError{key, remaining}
}

// Lost is closed when the lease could not be renewed.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

func (l *Lease) renew(ctx context.Context) {
	tick := time.NewTicker(leaseRenewal)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		revision, err := l.kv.Update(ctx, l.key, nil, l.revision)
		var api *jetstream.APIError
		switch {
		case err == nil:
			l.revision, renewed = revision, time.Now()
		case errors.As(err, &api) || time.Since(renewed) >= subject.LeaseTTL:
			close(l.lost)
			return
		}
	}
}

// Release gives the lease back at once.
func (l *Lease) Release() {
	l.stop()
	l.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = l.kv.Delete(ctx, l.key, jetstream.LastRevision(l.revision)) // else its TTL ends it
}
