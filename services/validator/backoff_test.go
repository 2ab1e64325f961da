package validator

import (
	"testing"
	"time"
)

func TestBackoffDoublesToItsCeilingAndEnds(t *testing.T) {
	const day = 24 * time.Hour
	b := backoff{delays: []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour}, ceiling: 7 * day, giveUp: 12}
	want := []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 4 * day,
		7 * day, 7 * day, 7 * day, 7 * day}
	for i, delay := range want {
		if got, more := b.after(i + 1); got != delay || !more {
			t.Errorf("after try %d got %s, more %v, want %s, more true", i+1, got, more, delay)
		}
	}
	for _, tries := range []int{12, 13, 1 << 30} {
		if got, more := b.after(tries); more {
			t.Errorf("after try %d got another in %s, want none", tries, got)
		}
	}
}

func TestBackoffOfOneDelay(t *testing.T) {
	b := backoff{delays: []time.Duration{time.Second}, ceiling: 3 * time.Second, giveUp: 100}
	for tries, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 3 * time.Second, 99: 3 * time.Second} {
		if got, more := b.after(tries); got != want || !more {
			t.Errorf("after try %d got %s, more %v, want %s", tries, got, more, want)
		}
	}
}
