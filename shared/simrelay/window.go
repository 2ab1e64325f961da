package simrelay

import "time"

// window counts requests per period; a period of 0 never ends.
type window struct {
	most   int
	period time.Duration
	began  time.Time
	used   int
}

// take reports whether one more request is allowed now.
func (w *window) take(now time.Time) bool {
	if w.most <= 0 {
		return true
	}
	if w.began.IsZero() || w.period > 0 && now.Sub(w.began) >= w.period {
		w.began, w.used = now, 0
	}
	w.used++
	return w.used <= w.most
}
