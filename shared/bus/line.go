package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

const (
	// retryShare is the part of the slots that relays which failed last time have beside those of the others: what is most
	// likely in vain gets a fifth of the machine.
	retryShare = 4
	// placeShare is the part of the places that each of the two has.
	placeShare = 2
)

// Work runs handle for every task of a job in a network, on the terms of Each, in two lines that do not wait for each other:
// up to slots relays at a time that answered last time, are new or wished for, and beside them a quarter as many that failed
// (subject.Retry). Each line has half of the places for handlers that wait without a slot (ParkAfter). For example, 10,000
// relays are due in the same second, 1,000 of them alive; with 30 slots and 1,000 places
//
//	30 living are at work until all 1,000 were; 7 dead are dialled beside them, and up to 500 are waited for
func (b *Bus) Work(ctx context.Context, job, network string, slots, places int, handle func(context.Context, *Delivery) error) error {
	retry, ok := subject.Retry(job)
	if !ok {
		return fmt.Errorf("job %q has no line of those that failed", job)
	}
	group, ctx := errgroup.WithContext(ctx)
	line := func(job string, slots, places int) {
		group.Go(func() error {
			declared, err := declaredConsumer(subject.JobConsumer(job, network))
			if err != nil {
				return err
			}
			return b.each(ctx, declared, slots, make(chan struct{}, places), handle)
		})
	}
	line(job, slots, places-places/placeShare)
	line(retry, max(1, slots/retryShare), places/placeShare)
	return group.Wait()
}

// ParkAfter is for handlers of Work that wait for a slow peer. Waiting costs a socket and a goroutine, a slot costs the work
// that somebody else could have: of 5,000 relays, 3,500 may be dead, and each keeps its caller waiting for the whole of a
// timeout. So the slot of the delivery is given back once patience has passed and there is a place. The caller leaves when it
// is done, whether it got one or not, and may take a slot again then (Unpark); leaving twice is leaving once. Outside of Work,
// and without places, everybody keeps their slot.
func (d *Delivery) ParkAfter(patience time.Duration) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	idle := make(chan struct{})
	timer := time.AfterFunc(patience, func() {
		defer close(idle)
		select {
		case d.places <- struct{}{}:
			d.Park()
			<-ctx.Done()
			<-d.places
		case <-ctx.Done():
		}
	})
	return sync.OnceFunc(func() {
		cancel()
		if !timer.Stop() {
			<-idle
		}
	})
}
