package synchronizer

// direction is the end of an interval at which a relay begins its answers.
type direction bool

const (
	backward direction = false // newest first
	forward  direction = true  // oldest first
)

// direction of the relay's answers; one without order is asked from the newest end.
func (w *walker) direction() direction { return w.manners.order == orderOldest }

// follows says whether an answer came in this direction. One within a single second did.
func (d direction) follows(a *answer) bool {
	descends, ascends := a.order()
	if d == forward {
		return ascends
	}
	return descends
}

// start is the second at which an answer about the interval begins.
func (d direction) start(iv Interval) int64 {
	if d == forward {
		return iv.Since
	}
	return iv.Until
}

// head and edge are the first and the last second that an answer reached.
func (d direction) head(a *answer) int64 { return (!d).edge(a) }
func (d direction) edge(a *answer) int64 {
	if d == forward {
		return a.newest()
	}
	return a.oldest()
}

// upTo is the part of the interval that is sent before the given second.
func (d direction) upTo(iv Interval, second int64) Interval {
	if d == forward {
		return Interval{Since: iv.Since, Until: second - 1}
	}
	return Interval{Since: second + 1, Until: iv.Until}
}

// from is the part of the interval that is sent from the given second on.
func (d direction) from(iv Interval, second int64) Interval {
	if d == forward {
		return Interval{Since: second, Until: iv.Until}
	}
	return Interval{Since: iv.Since, Until: second}
}

// behind is the part of the interval that is sent after a part of it.
func (d direction) behind(iv, part Interval) Interval {
	return d.from(iv, d.step((!d).start(part), 1))
}

// step goes so many seconds on.
func (d direction) step(second, seconds int64) int64 {
	if d == forward {
		return second + seconds
	}
	return second - seconds
}
