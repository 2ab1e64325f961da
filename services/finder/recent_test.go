package finder

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestRecentIsBoundedAndKeepsTheYoungest(t *testing.T) {
	r := newRecent(100)
	for i := range 10_000 {
		r.add(strconv.Itoa(i))
		if got := r.size(); got > 200 {
			t.Fatalf("after %d keys got %d remembered, want at most 200", i+1, got)
		}
	}
	for i := 9_900; i < 10_000; i++ {
		if !r.has(strconv.Itoa(i)) {
			t.Errorf("key %d of the last 100 was forgotten", i)
		}
	}
	if r.has("0") {
		t.Error("the oldest key is still remembered, want it forgotten")
	}
}

func TestRecentForgetsWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecent(100)
		r.add("a")
		time.Sleep(recentAge + time.Minute)
		if !r.has("a") {
			t.Error("a key of the last hour but one was forgotten, want it in the older generation")
		}
		time.Sleep(recentAge)
		if r.has("a") {
			t.Error("a key of two hours ago is remembered, want it forgotten")
		}
	})
}

func (r *recent) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.young) + len(r.old)
}
