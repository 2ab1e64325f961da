package synchronizer

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
)

const (
	// idsAtOnce is how many ids one request names: 17 kB of hex.
	idsAtOnce = 250
	// inFlight is how many of these requests are open at once.
	inFlight = 3
	// fewestIDs is the shortest list of ids that is made shorter because its answer was too large.
	fewestIDs = 8
	// maxFetches is how often one list is asked for again.
	maxFetches = 64
)

// fetch asks for events by id and returns them as one answer, and how many of them did not come. What an answer leaves
// out is asked for again as long as something comes: relays cap answers to ids, too. Ids whose events are too large to be
// held together are asked for in shorter lists; the error is errTooMany when that does not help.
func (w *walker) fetch(ctx context.Context, iv Interval, ids []event.ID) (all answer, unserved int, err error) {
	all.rejected = map[string]int{}
	fetches := 0
	for rest := ids; len(rest) > 0; rest = ids {
		large, err := w.fetchOnce(ctx, iv, rest, &all)
		if err != nil {
			return all, 0, err
		}
		served := map[event.ID]struct{}{}
		for i := range all.events {
			served[all.events[i].ID] = struct{}{}
		}
		ids = slices.DeleteFunc(slices.Clone(rest), func(id event.ID) bool { _, ok := served[id]; return ok })
		if fetches++; fetches == maxFetches || len(ids) == len(rest) && !large {
			break
		}
	}
	return all, len(ids), nil
}

// fetchOnce asks for each id once. It stops at an answer that is too large, and has less asked for at once then.
func (w *walker) fetchOnce(ctx context.Context, iv Interval, ids []event.ID, into *answer) (large bool, err error) {
	size := max(1, min(idsAtOnce>>w.shorter, w.limit, w.chunkOf()))
	chunks := slices.Collect(slices.Chunk(ids, size))
	for some := range slices.Chunk(chunks, w.atOnce()) {
		answers, err := w.together(ctx, iv, some)
		if large := errors.Is(err, errTooMuch) || tooLarge(err); large && size > fewestIDs {
			w.shorter++
			return true, nil
		} else if large {
			return false, errTooMany
		}
		if err != nil {
			return false, err
		}
		for i := range answers {
			into.take(&answers[i])
		}
		if into.bytes > maxSecondBytes {
			return false, errTooMany
		}
	}
	return false, nil
}

// chunkOf is how many ids an answer of this relay certainly holds.
func (w *walker) chunkOf() int {
	if w.manners.cap < fewEvents {
		return idsAtOnce
	}
	return w.manners.cap / 2
}

// atOnce is how many questions this relay takes beside a live subscription.
func (w *walker) atOnce() int {
	if most := w.manners.maxSubscriptions; most > 0 {
		return max(1, min(inFlight, most-1))
	}
	return inFlight
}

// take adds the events of another answer.
func (a *answer) take(other *answer) {
	a.events = append(a.events, other.events...)
	a.bytes += other.bytes
	a.askedAt = other.askedAt
	for reason, n := range other.rejected {
		a.rejected[reason] += n
	}
}

// together asks for several groups of ids at the same time, over the one connection.
func (a *asker) together(ctx context.Context, iv Interval, groups [][]event.ID) (answers []answer, err error) {
	err = a.insist(ctx, func() error {
		answers = make([]answer, len(groups))
		return a.spoken(ctx, func(ctx context.Context) (int, error) {
			if err := a.payFor(ctx, len(groups)-1); err != nil {
				return 0, err
			}
			asking, ctx := errgroup.WithContext(ctx)
			bytes := make([]int, len(groups))
			for i, ids := range groups {
				asking.Go(func() (err error) {
					answers[i], bytes[i], err = a.query(ctx, question{Interval: iv, ids: ids})
					return err
				})
			}
			err := asking.Wait()
			sum := 0
			for _, n := range bytes {
				sum += n
			}
			return sum, err
		})
	})
	return answers, err
}

// payFor waits until so many requests more may be sent at once.
func (a *asker) payFor(ctx context.Context, more int) error {
	for range more {
		if err := a.pace.Wait(ctx); err != nil {
			return err
		}
	}
	a.requests += more
	return nil
}

// byIDs gets the rest of an overfull second that kinds and authors could not divide: the relay lists the ids (NIP-77). It
// says whether the second is whole then: the list must name everything that the relay has sent, and nothing that it does
// not send.
func (s *split) byIDs(ctx context.Context) (whole bool, err error) {
	if !s.manners.negentropy || s.paging || s.answer.oversized() || s.giants > 0 || s.answer.bytes > maxSecondBytes {
		return false, nil
	}
	items := make([]negentropy.Item, len(s.answer.events))
	for i := range items {
		items[i] = negentropy.Item{CreatedAt: s.iv.Since, ID: s.answer.events[i].ID}
	}
	client, err := s.negotiate(ctx, s.question(question{Interval: s.iv}), items)
	if err != nil {
		return false, unlisted(err)
	}
	if len(client.Have()) > 0 || len(client.Need()) > maxNeed {
		return false, nil
	}
	rest, unserved, err := s.fetch(ctx, s.iv, client.Need())
	if err != nil {
		return false, unlisted(err)
	}
	s.add(&rest)
	return unserved == 0 && !rest.oversized() && s.answer.bytes <= maxSecondBytes, nil
}

// unlisted drops the error of a relay that will not, or cannot, list a second.
func unlisted(err error) error {
	if errors.Is(err, errTooMany) || errors.Is(err, errUnfit) || errors.Is(err, errTooMuch) {
		return nil
	}
	return passOver(err)
}
