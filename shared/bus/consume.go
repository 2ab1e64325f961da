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

const (
	// progressEvery is how often a message in work tells the server so. AckWait is at least
	// three times that.
	progressEvery = 10 * time.Second
	// fetchWait is how long an idle fetch waits, and so how long a stop may take.
	fetchWait = time.Second
	// handBack is the delay of a nak of work that a stopping worker did not finish.
	handBack = 500 * time.Millisecond
)

// Delivery is one message handed to a consumer.
type Delivery struct {
	Subject     string
	Header      map[string]string
	Body        []byte
	Deliveries  uint64 // how often it was delivered, this time included
	Seq         uint64 // its sequence in the stream
	PublishedAt time.Time

	msg    jetstream.Msg
	stream jetstream.Stream // nil outside Each
	slots  chan struct{}    // free slots of Each
	places chan struct{}    // taken by those that wait without one; nil outside Work
	parked bool
}

// Park gives the slot of a delivery back while its handler runs on: the message stays in work, and
// Each fetches another one. A handler that waits for hours parks, so that it keeps nobody from work.
// Outside of Each it does nothing.
func (d *Delivery) Park() {
	if !d.parked && d.slots != nil {
		d.parked = true
		d.slots <- struct{}{}
	}
}

// Unpark waits for a slot again. Its error is that of ctx.
func (d *Delivery) Unpark(ctx context.Context) error {
	if !d.parked {
		return nil
	}
	select {
	case <-d.slots:
		d.parked = false
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Replaced says whether a newer message stands on the delivery's subject, or none any more, so that
// settling this one decides nothing.
func (d *Delivery) Replaced(ctx context.Context) (bool, error) {
	last, err := d.stream.GetLastMsgForSubject(ctx, d.Subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up %s: %w", d.Subject, classify(err))
	}
	return last.Sequence != d.Seq, nil
}

// Each runs handle for every message of a consumer, at most slots at a time. It fetches no
// more than it has free slots, and reports progress while a message is in work. What handle
// returns decides: nil acknowledges; Retry naks with its delay; Discard gives the message up;
// any other error is logged and naks with a delay of 5 s. Each returns nil when ctx has ended
// and every handler has returned; messages in work at that moment are handed back.
func (b *Bus) Each(ctx context.Context, consumer string, slots int, handle func(context.Context, *Delivery) error) error {
	declared, err := declaredConsumer(consumer)
	if err != nil {
		return err
	}
	return b.EachOf(ctx, declared, slots, handle)
}

// EachOf is Each for a consumer that is not in the table of all. One that begins elsewhere than with everything is made when it
// is not there.
func (b *Bus) EachOf(ctx context.Context, declared subject.Consumer, slots int, handle func(context.Context, *Delivery) error) error {
	return b.each(ctx, declared, slots, nil, handle)
}

func (b *Bus) each(ctx context.Context, declared subject.Consumer, slots int, places chan struct{}, handle func(context.Context, *Delivery) error) error {
	consumer := declared.Name
	c, err := b.consumer(ctx, declared)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	stream, err := b.stream(ctx, c.CachedInfo().Stream)
	if err != nil {
		return err
	}
	free := make(chan struct{}, slots)
	for range slots {
		free <- struct{}{}
	}
	var working sync.WaitGroup
	defer working.Wait()
	for ctx.Err() == nil {
		n := take(ctx, free)
		if n == 0 {
			return nil
		}
		used, err := b.fetch(c, n, func(d *Delivery) {
			d.stream, d.slots, d.places = stream, free, places
			working.Go(func() {
				b.handle(ctx, consumer, d, handle)
				d.Park()
			})
		})
		for range n - used {
			free <- struct{}{}
		}
		if err != nil {
			b.pause(ctx, consumer, err)
			c = b.again(ctx, declared, c)
		}
	}
	return nil
}

// again looks a consumer up that nobody but its reader would make anew, after a fetch that failed.
func (b *Bus) again(ctx context.Context, declared subject.Consumer, c jetstream.Consumer) jetstream.Consumer {
	if declared.Start == subject.StartAll {
		return c
	}
	if anew, err := b.consumer(ctx, declared); err == nil {
		return anew
	}
	return c
}

// take waits for one free slot and takes all that are free then.
func take(ctx context.Context, free chan struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case <-free:
	}
	for n := 1; ; n++ {
		select {
		case <-free:
		default:
			return n
		}
	}
}

// fetch asks for up to n messages and starts each as it comes.
func (b *Bus) fetch(c jetstream.Consumer, n int, start func(*Delivery)) (used int, err error) {
	batch, err := c.Fetch(n, jetstream.FetchMaxWait(fetchWait))
	if err != nil {
		return 0, err
	}
	for msg := range batch.Messages() {
		used++
		start(delivery(msg))
	}
	return used, batch.Error()
}

// handle runs one handler under progress reports and settles its message.
func (b *Bus) handle(ctx context.Context, consumer string, d *Delivery, handle func(context.Context, *Delivery) error) {
	stop := b.progress([]*Delivery{d})
	err := handle(ctx, d)
	stop()
	b.settle(ctx, consumer, d, err)
}

// Limits bound what one fetch of Batches brings.
type Limits struct {
	Messages int           // at most so many messages; room for them is made with each fetch
	Bytes    int           // at most so many bytes; 0 = no bound
	Wait     time.Duration // how long to wait for a full fetch
}

// Batches hands over what each fetch brought, one fetch after the other. The error that handle
// returns settles all of its deliveries as in Each, unless it is a *Partial. It ends as Each does.
func (b *Bus) Batches(ctx context.Context, consumer string, limits Limits, handle func(context.Context, []*Delivery) error) error {
	declared, err := declaredConsumer(consumer)
	if err != nil {
		return err
	}
	c, err := b.consumer(ctx, declared)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	for ctx.Err() == nil {
		deliveries, err := fetchBatch(c, limits)
		if len(deliveries) > 0 {
			b.handleBatch(ctx, consumer, deliveries, handle)
		}
		if err != nil {
			b.pause(ctx, consumer, err)
		}
	}
	return nil
}

func fetchBatch(c jetstream.Consumer, limits Limits) ([]*Delivery, error) {
	options := []jetstream.FetchOpt{jetstream.FetchMaxWait(limits.Wait)}
	if limits.Bytes > 0 {
		options = append(options, jetstream.FetchMaxBytes(limits.Bytes))
	}
	batch, err := c.Fetch(limits.Messages, options...)
	if err != nil {
		return nil, err
	}
	var deliveries []*Delivery
	for msg := range batch.Messages() {
		deliveries = append(deliveries, delivery(msg))
	}
	return deliveries, batch.Error()
}

func (b *Bus) handleBatch(ctx context.Context, consumer string, deliveries []*Delivery, handle func(context.Context, []*Delivery) error) {
	stop := b.progress(deliveries)
	err := handle(ctx, deliveries)
	stop()
	partial, each := errors.AsType[*Partial](err)
	for _, d := range deliveries {
		if each {
			err = partial.Errors[d]
		}
		b.settle(ctx, consumer, d, err)
	}
}

// progress tells the server every progressEvery that the deliveries are in work, until the
// returned function is called.
func (b *Bus) progress(deliveries []*Delivery) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(b.progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				for _, d := range deliveries {
					_ = d.msg.InProgress() // a lost report costs a redelivery
				}
			}
		}
	})
	return func() { close(done); running.Wait() }
}

// settle carries out the verdict of a handler. A settlement that gets lost costs a redelivery.
func (b *Bus) settle(ctx context.Context, consumer string, d *Delivery, err error) {
	var discard *discardError
	switch after, retry := asRetry(err); {
	case err == nil:
		_ = d.msg.Ack()
	case errors.As(err, &discard):
		b.discard(ctx, consumer, d, discard)
	case retry:
		_ = d.msg.NakWithDelay(jitter(after))
	case ctx.Err() != nil:
		_ = d.msg.NakWithDelay(jitter(handBack))
	default:
		b.log.Error("Handling a message was given back", app.Consumer, consumer, app.Subject, d.Subject,
			app.Attempt, d.Deliveries, app.Err, err)
		_ = d.msg.NakWithDelay(jitter(retryAfter))
	}
}

// discard stores the message on DEAD first and takes it out of its stream then.
func (b *Bus) discard(ctx context.Context, consumer string, d *Delivery, verdict *discardError) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	err := b.Publish(ctx, Message{
		Subject: subject.Dead(consumer),
		Header:  map[string]string{subject.HeaderReason: verdict.reason, subject.HeaderSource: d.Subject},
		Body:    d.Body,
	})
	if err != nil {
		b.log.Error("A message could not be given up", app.Consumer, consumer, app.Subject, d.Subject, app.Err, err)
		_ = d.msg.NakWithDelay(jitter(retryAfter))
		return
	}
	b.log.Warn("A message was given up", app.Consumer, consumer, app.Subject, d.Subject, app.Reason, verdict.reason, app.Err, verdict.err)
	_ = d.msg.TermWithReason(verdict.reason)
}

// consumer waits until a declared consumer is there: the initializer may still be at work.
func (b *Bus) consumer(ctx context.Context, declared subject.Consumer) (jetstream.Consumer, error) {
	name := declared.Name
	for attempt := 0; ; attempt++ {
		c, err := b.js.Consumer(ctx, declared.Stream, name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) && declared.Start != subject.StartAll {
			c, err = b.js.CreateOrUpdateConsumer(ctx, declared.Stream, consumerConfig(declared))
		}
		if err == nil {
			return c, nil
		}
		if attempt%10 == 0 && ctx.Err() == nil {
			b.log.Warn("A consumer was not there yet (bigbrotr run initializer creates it)", app.Consumer, name, app.Err, err)
		}
		if !app.Sleep(ctx, jitter(time.Second)) {
			return nil, fmt.Errorf("look up consumer %s of %s: %w", name, declared.Stream, errors.Join(err, ctx.Err()))
		}
	}
}

func declaredConsumer(name string) (subject.Consumer, error) {
	if c, ok := subject.ConsumerNamed(name); ok {
		return c, nil
	}
	return subject.Consumer{}, fmt.Errorf("consumer %q is not declared", name)
}

// pause waits after a failed fetch; losing the server is normal and has been logged.
func (b *Bus) pause(ctx context.Context, consumer string, err error) {
	if b.conn.IsConnected() {
		b.log.Warn("Fetching was interrupted", app.Consumer, consumer, app.Err, err)
	}
	app.Sleep(ctx, jitter(time.Second))
}

func delivery(msg jetstream.Msg) *Delivery {
	d := &Delivery{Subject: msg.Subject(), Body: msg.Data(), Header: firstValues(msg.Headers()), Deliveries: 1, msg: msg}
	if meta, err := msg.Metadata(); err == nil {
		d.Deliveries, d.Seq, d.PublishedAt = meta.NumDelivered, meta.Sequence.Stream, meta.Timestamp
	}
	return d
}
