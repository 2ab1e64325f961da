package validator

import "time"

// backoff is the plan of tries of one candidate: the listed delays first, then the last one doubled each time up to the
// ceiling, and the end after so many tries. With 10m, 1h, 6h, a ceiling of 7d and 12 tries:
//
//	failed try   1    2   3   4    5    6    7    8   9   10  11  12
//	next after   10m  1h  6h  12h  24h  48h  96h  7d  7d  7d  7d  given up
type backoff struct {
	delays  []time.Duration
	ceiling time.Duration
	giveUp  int
}

// after returns the delay after the given number of failed tries, counted from 1, and false when that was the last one.
func (b backoff) after(tries int) (time.Duration, bool) {
	if tries >= b.giveUp {
		return 0, false
	}
	if len(b.delays) == 0 {
		return b.ceiling, true
	}
	if tries <= len(b.delays) {
		return min(b.delays[max(tries, 1)-1], b.ceiling), true
	}
	delay := b.delays[len(b.delays)-1]
	for range tries - len(b.delays) {
		if delay >= b.ceiling/2 {
			return b.ceiling, true
		}
		delay *= 2
	}
	return delay, true
}
