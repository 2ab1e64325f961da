package negentropy

// reconciler turns one message into the next. What was read and has no word in the answer yet lies between w.upper and
// upto; the items from w.to to read are in there.
type reconciler struct {
	set   *Set
	frame int
	in    reader
	upto  bound // where the range that was read last ends
	read  int   // the first item after it
	w     writer

	// ids deals with a list of ids for the items from..to-1 and says whether the message goes on.
	ids func(r *reconciler, s *span, from, to int) (more bool, err error)
}

// run reads all ranges, or as many as one frame can answer.
func (r *reconciler) run() ([]byte, error) {
	r.w = newWriter()
	for more := true; more && len(r.in.rest) > 0; {
		s, err := r.in.next()
		if err != nil {
			return nil, err
		}
		if more, err = r.take(&s); err != nil {
			return nil, err
		}
	}
	return r.w.out, nil
}

func (r *reconciler) take(s *span) (more bool, err error) {
	from, to := r.read, r.set.find(r.read, s.upper)
	more = true
	switch {
	case s.mode == modeIDs:
		more, err = r.ids(r, s, from, to)
	case s.mode == modeFingerprint && r.set.fingerprint(from, to) != s.print:
		more = r.split(s.upper, to)
	}
	r.upto, r.read = s.upper, to
	return more, err
}

// split answers a fingerprint that is not ours; what is too much for the frame is left to the next message.
func (r *reconciler) split(upper bound, to int) (more bool) {
	r.skip()
	before := r.w
	r.w.split(r.set, upper, to)
	if len(r.w.out) <= r.frame-tail {
		return true
	}
	r.w = before
	r.rest()
	return false
}

// list answers a list of ids by our own of the same range, or the beginning of it.
func (r *reconciler) list(s *span, from, to int) (more bool, err error) {
	r.skip()
	room := (r.frame - tail - maxBound - 1 - maxVarint - len(r.w.out)) / idBytes
	if to-from <= room {
		r.w.ids(r.set, s.upper, to)
		return true, nil
	}
	if at := from + room; at > from {
		r.w.ids(r.set, r.set.boundAt(at), at)
	}
	r.rest()
	return false, nil
}

// skip catches up with what was read and needs no word. The bytes it may take are in tail.
func (r *reconciler) skip() {
	if r.upto != r.w.upper {
		r.w.bound(r.upto, r.read, modeSkip)
	}
}

// rest ends the message with the fingerprint of all that follows.
func (r *reconciler) rest() {
	r.w.fingerprint(r.set, bound{time: endless}, r.set.Len())
}
