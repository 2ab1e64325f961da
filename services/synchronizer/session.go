package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// session is the time for which this process has one relay to itself, under its lease: a turn, and
// where the relay is followed live, the listening between one turn and the next.
//
// Its task stays in work all the while, so the relay's ball is never lost: a session that is killed
// is taken up by another process, which subscribes first and walks what was missed.
type session struct {
	*Synchronizer
	policy   policy
	delivery *bus.Delivery
	task     bus.Task
	url      relay.URL
	asker    *asker
	out      *outbox
	live     live
}

// session takes a relay's task under its lease.
func (s *Synchronizer) session(ctx context.Context, d *bus.Delivery) error {
	task, url, err := balls.ReadTask(d.Body, s.dialer.Parser())
	if err != nil {
		return bus.Discard("bad_task", err)
	}
	lease, err := s.bus.Lease(ctx, "sync."+subject.Token(task.URL))
	if held, ok := errors.AsType[*bus.HeldError](err); ok {
		if s.wake(url) {
			return bus.Retry(lettingGo, err)
		}
		return bus.Retry(held.Remaining, err) // never acked: its holder may be dead
	}
	if err != nil {
		return err
	}
	defer lease.Release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-lease.Lost():
			cancel()
		case <-ctx.Done():
		}
	}()
	x := &session{Synchronizer: s, delivery: d, task: task, url: url, policy: s.policy(url)}
	relaysWalked.Inc()
	defer relaysWalked.Dec()
	defer x.close()
	return x.run(ctx)
}

func (x *session) close() {
	if x.asker != nil {
		x.asker.hangUp()
	}
	x.stopFollowing()
}

// run takes turns until the relay is not listened to any more, and schedules the next one then.
func (x *session) run(ctx context.Context) error {
	for {
		next, err := x.turn(ctx)
		if err != nil {
			return err
		}
		x.giveWay(ctx)
		replaced, err := x.listen(ctx, next)
		if err != nil || replaced {
			return err // a newer task has the relay's ball
		}
		if !x.following() {
			return x.bus.Later(ctx, subject.JobSync, x.task, next)
		}
	}
}

const (
	// lookAround is how often a listening session sees whether its connection and its task are still there.
	lookAround = 20 * time.Second
	// shortLife is how long a connection must have lasted to be opened again at once.
	shortLife = time.Minute
	// lettingGo is how long a listening session takes to let its relay go.
	lettingGo = 500 * time.Millisecond
)

// wake has a session of this process that listens to the relay let it go, because somebody wants a
// turn now. A session of another process finds its task replaced when it looks around.
func (s *Synchronizer) wake(url relay.URL) bool {
	call, listening := s.listening.Load(url)
	if listening {
		select {
		case call.(chan struct{}) <- struct{}{}:
		default: // it was called already
		}
	}
	return listening
}

// listen waits for the next turn while events come in live. It ends early when the connection does,
// and when somebody wants a turn now, which replaces the task. The slot is somebody else's meanwhile.
func (x *session) listen(ctx context.Context, next time.Time) (replaced bool, err error) {
	if !x.following() {
		return false, nil
	}
	call := make(chan struct{}, 1)
	x.listening.Store(x.url, call)
	defer x.listening.Delete(x.url)
	x.delivery.Park()
	relaysWalked.Dec()
	defer relaysWalked.Inc()
	began := time.Now()
	turn := time.NewTimer(time.Until(next))
	defer turn.Stop()
	look := time.NewTicker(app.Jitter(lookAround, 0.25))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-turn.C:
			x.makeRoom()
			return false, x.delivery.Unpark(ctx)
		case <-x.live.Done():
			x.asker.hangUp()
			if time.Since(began) < shortLife {
				x.stopFollowing()
			}
			return false, x.delivery.Unpark(ctx)
		case <-call:
			if x.replaced(ctx) {
				return true, nil
			}
		case <-look.C:
			if x.replaced(ctx) {
				return true, nil
			}
			x.lookAfter(ctx)
		}
	}
}

// replaced says whether a newer task has the relay's ball, as far as that can be seen.
func (x *session) replaced(ctx context.Context) bool {
	replaced, err := x.delivery.Replaced(ctx)
	return err == nil && replaced
}

// lookAfter leaves a relay that opted out, pings an idle connection and settles what it cost.
func (x *session) lookAfter(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, x.policy.CheckTimeout)
	defer cancel()
	if x.asker.conn == nil {
		return // it was hung up a moment ago
	}
	if x.live.forged.Load() > maxForged {
		x.policy.Live = false // what it spoils, all relays pay for
		x.stopFollowing()
		x.asker.hangUp()
		return
	}
	if x.budget.Denied(x.url) {
		x.asker.hangUp()
		return
	}
	_ = x.asker.conn.Ping(ctx) // one that is gone ends the subscription
	x.spendLive(ctx)
}
