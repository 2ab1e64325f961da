package synchronizer

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// arrival is an event that came live, and from whom.
type arrival struct {
	session *session
	event   event.Event
	at      time.Time
	room    int64 // bytes that it takes of tail.room
}

// tail gathers what the live subscriptions of all relays bring, by time and by size, and hands it
// over together: an event that a hundred relays send within the same moment is verified once and
// travels once, with a hundred sightings. Live events prove no interval; a walk does.
//
// Example: A and B send event e, B sends f. One message carries the pages {A: e} and {B: f, and e
// by its id}, and one transaction writes both.
type tail struct {
	*Synchronizer
	arrivals chan arrival
	room     *semaphore.Weighted // bytes that may wait
	stop     chan struct{}       // closed when nobody is listened to any more
}

const (
	// tailWaiting is how many live events may wait before sockets are left unread.
	tailWaiting = 2 * ingest.MaxBatchEvents
	// tailBytes is how large they may be together.
	tailBytes = 16 << 20
	// lastWords is how long a stopping process tries to hand over what it has heard.
	lastWords = 5 * time.Second
	// tailAgain is how long it waits after it could not hand over.
	tailAgain = time.Second
)

func newTail(s *Synchronizer) *tail {
	return &tail{Synchronizer: s, arrivals: make(chan arrival, tailWaiting), room: semaphore.NewWeighted(tailBytes), stop: make(chan struct{})}
}

// offer waits for room and leaves an arrival for the tail, unless ctx ends first.
func (t *tail) offer(ctx context.Context, a arrival) {
	if t.room.Acquire(ctx, a.room) != nil {
		return
	}
	select {
	case t.arrivals <- a:
	case <-ctx.Done():
		t.room.Release(a.room)
	}
}

// run hands over until the tail is stopped and nothing is left.
func (t *tail) run(ctx context.Context) {
	for {
		first, more := t.next()
		if !more {
			return
		}
		gathered := t.gather(first)
		t.handOver(ctx, gathered)
		for i := range gathered {
			t.room.Release(gathered[i].room)
		}
	}
}

// next waits for an arrival. There is none any more when the tail was stopped and is empty.
func (t *tail) next() (a arrival, more bool) {
	select {
	case a = <-t.arrivals:
		return a, true
	case <-t.stop:
	}
	select {
	case a = <-t.arrivals:
		return a, true
	default:
		return a, false
	}
}

// handOver repeats until what was gathered is on INGEST: nobody sends it again. When ctx has ended it tries a few seconds more.
func (t *tail) handOver(ctx context.Context, gathered []arrival) {
	for ctx.Err() == nil {
		err := t.flush(ctx, gathered)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			t.log.Warn("Live events wait for the archive or the ingest stream", app.New, len(gathered), app.Err, err)
		}
		app.Sleep(ctx, app.Jitter(tailAgain, pauseSpread))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := t.flush(ctx, gathered); err != nil {
		t.log.Warn("Live events were not handed over; the next walk brings them", app.New, len(gathered), app.Err, err)
	}
}

// gather waits for more after the first arrival.
func (t *tail) gather(first arrival) []arrival {
	gathered, bytes := []arrival{first}, size(first)
	full := time.NewTimer(t.cfg.LiveWait)
	defer full.Stop()
	for len(gathered) < ingest.MaxBatchEvents && bytes < ingest.MaxBatchBytes/2 {
		select {
		case next := <-t.arrivals:
			gathered = append(gathered, next)
			bytes += size(next)
		case <-full.C:
			return gathered
		case <-t.stop:
			return gathered
		}
	}
	return gathered
}

func size(a arrival) int { return len(a.event.Tags) + len(a.event.Content) }

// flush verifies what was gathered and puts it on INGEST.
func (t *tail) flush(ctx context.Context, gathered []arrival) error {
	events := make([]event.Event, len(gathered))
	for i := range gathered {
		events[i] = gathered[i].event
	}
	fresh, old, _, err := t.verifier.sort(ctx, events)
	if err != nil {
		return err
	}
	pages := t.pages(gathered, fresh, old)
	if len(pages) == 0 {
		return nil
	}
	if err := t.publish(ctx, subject.IngestPages, &ingest.Batch{Pages: pages}); err != nil {
		return err
	}
	for i := range gathered {
		liveDelay.Observe(time.Since(gathered[i].at).Seconds())
	}
	return nil
}

// pages makes one page of each relay. The first page that names a fresh event carries its body.
func (t *tail) pages(gathered []arrival, fresh, old []*event.Event) []*ingest.Page {
	bodies, good := map[signed]bool{}, map[signed]bool{}
	for _, e := range fresh {
		bodies[signed{e.ID, e.Sig}], good[signed{e.ID, e.Sig}] = true, true
	}
	for _, e := range old {
		good[signed{e.ID, e.Sig}] = true
	}
	var pages []*ingest.Page
	of := map[string]*ingest.Page{}
	for i := range gathered {
		a := &gathered[i]
		key := signed{a.event.ID, a.event.Sig}
		if !good[key] {
			a.session.refused().add(rejectedSignature)
			a.session.live.forged.Add(1)
			continue
		}
		page := of[string(a.session.url)]
		if page == nil {
			page = t.page(a)
			of[string(a.session.url)], pages = page, append(pages, page)
		}
		t.add(page, a, bodies[key])
		delete(bodies, key)
		a.session.live.heard.Add(1)
	}
	return pages
}

// page proves nothing: its interval is empty.
func (t *tail) page(a *arrival) *ingest.Page {
	head := &ingest.Page{Relay: string(a.session.url), Vantage: t.network.Vantage, Filter: "{}", SeenAt: a.at.Unix()}
	return build(head, Interval{Since: 1, Until: 0}, nil)[0]
}

func (t *tail) add(page *ingest.Page, a *arrival, body bool) {
	if !body {
		page.KnownIds = append(page.KnownIds, a.event.ID[:]...)
		eventsHanded.WithLabelValues("known").Inc()
		return
	}
	page.Events = append(page.Events, message(&a.event))
	eventsHanded.WithLabelValues("new").Inc()
}
