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
	// shortQuestion is how many kinds and authors no relay finds too long.
	shortQuestion = 16
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
		return w.prove.prove(ctx, a, iv, proofOf(a, ingest.Proof_PROOF_EOSE))
	}
	split := split{walker: w, iv: iv, ids: map[signed]struct{}{}, whole: true, left: partsOfSecond}
	split.answer.rejected, split.answer.askedAt = a.rejected, a.askedAt
	split.add(a)
	if a.overfull {
		return split.prove(ctx)
	}
	usual := w.limit
	defer func() { w.limit = usual }()
	alone, err := w.alone(ctx, iv)
	if errors.Is(err, errOversized) {
		return w.prove.prove(ctx, a, iv, ingest.Proof_PROOF_TRUNCATED)
	}
	if err != nil {
		return err
	}
	if w.under(&alone) {
		return w.prove.prove(ctx, &alone, iv, proofOf(&alone, ingest.Proof_PROOF_EOSE))
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
	mute   bool // the last part was not answered for what it asks
}

// prove asks for the parts of the second and hands over all of it that came.
func (s *split) prove(ctx context.Context) error {
	if err := s.byKind(ctx); err != nil {
		return err
	}
	proof := ingest.Proof_PROOF_EOSE
	if !s.whole && !s.counted(ctx) {
		proof = ingest.Proof_PROOF_TRUNCATED
		if all, err := s.byIDs(ctx); err != nil {
			return err
		} else if all {
			proof = ingest.Proof_PROOF_NEGENTROPY
		}
	}
	return s.walker.prove.prove(ctx, &s.answer, s.iv, proof)
}

// counted says whether the relay counts no more events in the second than were found (NIP-45). Only
// one whose COUNT was right when it was probed is asked, and it is not believed where it says as many
// as an answer holds: it may cut what it counts as it cuts what it sends.
func (s *split) counted(ctx context.Context) bool {
	if !s.manners.counts || s.answer.oversized() || s.giants > 0 {
		return false
	}
	n, err := s.count(ctx, question{Interval: s.iv})
	return err == nil && n == int64(len(s.ids)) && n != int64(s.manners.cap)
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
	if err := s.kindsOf(ctx, slices.Sorted(maps.Keys(seen)), kindsAtOnce); err != nil || s.counted(ctx) {
		return err
	}
	n, err := s.longest(ctx, others)
	if err != nil {
		return err
	}
	return s.kindsOf(ctx, others, n)
}

// longest returns how many kinds that were not seen the relay answers for at once, 0 for too few: some say that nothing
// matches when a question is too long for them. So each length is tried with a kind that was seen.
func (s *split) longest(ctx context.Context, others []uint16) (n int, err error) {
	if len(s.answer.events) == 0 {
		return kindsAtOnce, nil
	}
	witness := s.answer.events[0].Kind
	for n = min(kindsAtOnce, len(others)); n*s.left >= len(others) && n > 0; n /= 2 {
		_, err := s.part(ctx, question{Interval: s.iv, kinds: append(slices.Clone(others[:n]), witness)})
		if err != nil || !s.mute {
			return n, err
		}
	}
	return 0, nil
}

// kindsOf asks for kinds in groups of n.
func (s *split) kindsOf(ctx context.Context, all []uint16, n int) error {
	if n == 0 {
		s.whole = false
		return nil
	}
	for group := range slices.Chunk(all, n) {
		if err := s.kinds(ctx, group); err != nil {
			return err
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
		return s.authorsOf(ctx, group)
	}
	half := len(group) / 2
	return errors.Join(s.kinds(ctx, group[:half]), s.kinds(ctx, group[half:]))
}

// authorsOf asks for one kind by the authors of the second, then by all others that this turn has seen.
func (s *split) authorsOf(ctx context.Context, kind []uint16) error {
	here := map[event.PubKey]struct{}{}
	for i := range s.answer.events {
		here[s.answer.events[i].PubKey] = struct{}{}
	}
	var others []event.PubKey
	for author := range s.authors {
		if _, is := here[author]; !is {
			others = append(others, author)
		}
	}
	for _, all := range [][]event.PubKey{slices.Collect(maps.Keys(here)), others} {
		for some := range slices.Chunk(all, authorsAtOnce) {
			if err := s.byAuthor(ctx, kind, some); err != nil {
				return err
			}
		}
		if s.counted(ctx) {
			return nil
		}
	}
	return nil
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
// the relay refuses to answer is taken for a question that is too long, as far as it can be made
// shorter; the last one leaves the second cut. So is one whose answer lacks what the relay sent before.
func (s *split) part(ctx context.Context, q question) (full bool, err error) {
	s.mute = true
	if s.manners.maxMessage > 0 && s.manners.lengthOf(q) > s.manners.maxMessage && len(q.kinds)+len(q.authors) > shortQuestion {
		return true, nil
	}
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
		if len(q.kinds)+len(q.authors) > shortQuestion {
			s.manners.maxMessage = s.manners.lengthOf(q) - 1
			return true, nil
		}
		s.whole = false
		return false, nil
	}
	if err != nil {
		return false, err
	}
	full = !s.under(&a)
	if s.mute = !full && s.lacks(q, &a); s.mute {
		shorter := len(q.authors) > 1 || q.authors == nil && len(q.kinds) > 1
		s.whole = s.whole && shorter
		full = shorter
	}
	s.add(&a)
	return full, nil
}

// lacks says whether an answer leaves out everything that the relay sent before of what was asked.
func (s *split) lacks(q question, a *answer) bool {
	filter, expected := s.question(q), false
	for i := range s.answer.events {
		expected = expected || filter.Matches(&s.answer.events[i])
	}
	return expected && len(a.events) == 0
}

// lengthOf is about how many bytes a question takes.
func (m *manners) lengthOf(q question) int {
	return 80 + 6*len(q.kinds) + 67*len(q.authors) + 67*len(q.ids)
}
