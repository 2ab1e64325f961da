package synchronizer

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	// kindsAtOnce is how many kinds one request names: 12 kB of numbers.
	kindsAtOnce = 2048
	// authorsAtOnce is how many authors one request names: 17 kB of hex.
	authorsAtOnce = 250
	// partsOfSecond bounds the requests for one second, which the end of a turn does not cut off:
	// a second that took longer than a turn would be begun anew in each.
	partsOfSecond = 400
	// maxGiants bounds the answers for one second that hold a frame too large to be read: halving
	// the kinds takes 11 and the authors 8.
	maxGiants = 32
	// maxSecondBytes bounds what one second may hold in memory.
	maxSecondBytes = 32 << 20
)

// second covers one second, given an answer that holds events of it. A second that fills an
// answer is asked for alone, then in groups of kinds over all 65,536 kinds, which together leave
// nothing out, and a kind that still fills an answer author by author, as far as its authors are
// known. What the last step cannot prove is recorded as cut.
func (w *walker) second(ctx context.Context, at int64, a *answer) error {
	iv := Interval{Since: at, Until: at}
	if w.under(a) {
		return w.prove(ctx, a, iv, proofOf(a))
	}
	split := split{walker: w, iv: iv, ids: map[signed]struct{}{}, whole: true, left: partsOfSecond}
	split.answer.rejected = a.rejected
	split.add(a)
	if a.overfull {
		return split.prove(ctx)
	}
	alone, _, err := w.ask(ctx, question{Interval: iv})
	if errors.Is(err, errOversized) {
		return w.prove(ctx, a, iv, ingest.Proof_PROOF_TRUNCATED)
	}
	if err != nil {
		return err
	}
	if w.under(&alone) {
		return w.prove(ctx, &alone, iv, proofOf(&alone))
	}
	split.add(&alone)
	return split.prove(ctx)
}

// split gathers the events of one overfull second.
type split struct {
	*walker
	iv     Interval
	answer answer
	ids    map[signed]struct{}
	whole  bool // nothing was cut so far
	left   int  // requests
	giants int  // answers that held a frame too large to be read
}

// prove asks for the parts of the second and hands over all of it that came.
func (s *split) prove(ctx context.Context) error {
	if err := s.byKind(ctx); err != nil {
		return err
	}
	proof := ingest.Proof_PROOF_EOSE
	if !s.whole {
		proof = ingest.Proof_PROOF_TRUNCATED
	}
	return s.walker.prove(ctx, &s.answer, s.iv, proof)
}

// add takes over the events of the second that are not there yet.
func (s *split) add(a *answer) {
	for i := range a.events {
		e := a.events[i]
		if _, ok := s.ids[signed{e.ID, e.Sig}]; ok || e.CreatedAt != s.iv.Since {
			continue
		}
		if s.answer.bytes += len(e.Tags) + len(e.Content); s.answer.bytes > maxSecondBytes {
			s.whole = false
			return
		}
		s.ids[signed{e.ID, e.Sig}] = struct{}{}
		s.answer.events = append(s.answer.events, e)
	}
	s.whole = s.whole && !a.oversized()
}

// byKind asks for the kinds seen and for all others, in groups.
func (s *split) byKind(ctx context.Context) error {
	seen := map[uint16]bool{}
	for i := range s.answer.events {
		seen[s.answer.events[i].Kind] = true
	}
	var others []uint16
	for kind := range 1 << 16 {
		if !seen[uint16(kind)] {
			others = append(others, uint16(kind))
		}
	}
	for _, all := range [][]uint16{slices.Sorted(maps.Keys(seen)), others} {
		for group := range slices.Chunk(all, kindsAtOnce) {
			if err := s.kinds(ctx, group); err != nil {
				return err
			}
		}
	}
	return nil
}

// kinds asks for a group of kinds and halves it until its answer is under the cap.
func (s *split) kinds(ctx context.Context, group []uint16) error {
	full, err := s.part(ctx, question{Interval: s.iv, kinds: group})
	if err != nil || !full {
		return err
	}
	if len(group) == 1 {
		s.whole = false // authors that were never seen cannot be asked for
		authors := slices.Collect(maps.Keys(s.authors))
		for some := range slices.Chunk(authors, authorsAtOnce) {
			if err := s.byAuthor(ctx, group, some); err != nil {
				return err
			}
		}
		return nil
	}
	half := len(group) / 2
	return errors.Join(s.kinds(ctx, group[:half]), s.kinds(ctx, group[half:]))
}

// byAuthor asks for one kind of a group of authors and halves it until its answer is under the cap.
func (s *split) byAuthor(ctx context.Context, kind []uint16, group []event.PubKey) error {
	full, err := s.part(ctx, question{Interval: s.iv, kinds: kind, authors: group})
	if err != nil || !full || len(group) == 1 {
		return err
	}
	half := len(group) / 2
	return errors.Join(s.byAuthor(ctx, kind, group[:half]), s.byAuthor(ctx, kind, group[half:]))
}

// part asks for a part of the second and says whether its answer may have been cut. A part that
// the relay refuses to answer leaves the second cut.
func (s *split) part(ctx context.Context, q question) (full bool, err error) {
	if s.left--; s.left < 0 {
		s.whole = false
		return false, nil
	}
	a, _, err := s.ask(ctx, q)
	if errors.Is(err, errOversized) {
		s.whole = false
		if s.giants++; s.giants == maxGiants {
			s.left = 0
		}
		return true, nil
	}
	if refusal, ok := errors.AsType[*relay.Error](err); ok && (refusal.Class == relay.ClassClosed || refusal.Class == relay.ClassNotice) {
		s.whole = false
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.add(&a)
	return !s.under(&a), nil
}
