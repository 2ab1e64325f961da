package monitor

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// step is one round: minutes after the one before, what it saw, and what the relay's state is then.
type step struct {
	after    time.Duration
	seen     string
	want     string
	failures int
	moved    bool // the state began with this round
}

func TestDecide(t *testing.T) {
	const minute, day = time.Minute, 24 * time.Hour
	for name, steps := range map[string][]step{
		"first success":           {{0, up, up, 0, true}, {60 * minute, up, up, 0, false}},
		"first failure":           {{0, down, down, 1, true}, {12 * minute, down, down, 2, false}, {24 * minute, up, up, 0, true}},
		"first refusal":           {{0, blocked, blocked, 0, true}},
		"three over half an hour": {{0, up, up, 0, true}, {60 * minute, down, up, 1, false}, {12 * minute, down, up, 2, false}, {18 * minute, down, down, 3, true}},
		"three too close":         {{0, up, up, 0, true}, {60 * minute, down, up, 1, false}, {10 * minute, down, up, 2, false}, {19 * minute, down, up, 3, false}, {time.Minute, down, down, 4, true}},
		"two over a day":          {{0, up, up, 0, true}, {60 * minute, down, up, 1, false}, {day, down, up, 2, false}, {minute, down, down, 3, true}},
		"a success in between":    {{0, up, up, 0, true}, {60 * minute, down, up, 1, false}, {30 * minute, up, up, 0, false}, {30 * minute, down, up, 1, false}, {30 * minute, down, up, 2, false}},
		"refusals are answers":    {{0, up, up, 0, true}, {minute, blocked, blocked, 0, true}, {minute, authOnly, authOnly, 0, true}, {minute, up, up, 0, true}},
		"a refusal ends failing":  {{0, up, up, 0, true}, {minute, down, up, 1, false}, {minute, blocked, blocked, 0, true}, {minute, down, blocked, 1, false}},
		"blocked, then down":      {{0, blocked, blocked, 0, true}, {minute, down, blocked, 1, false}, {20 * minute, down, blocked, 2, false}, {20 * minute, down, down, 3, true}},
		"dead after 30 days":      {{0, up, up, 0, true}, {minute, down, up, 1, false}, {40 * minute, down, up, 2, false}, {10 * minute, down, down, 3, true}, {30*day - 51*minute, down, down, 4, false}, {time.Minute, down, dead, 5, true}, {7 * day, down, dead, 6, false}, {7 * day, up, up, 0, true}},
		"dead needs three":        {{0, up, up, 0, true}, {minute, down, up, 1, false}, {60 * day, down, up, 2, false}, {minute, down, dead, 3, true}},
		"dead to blocked":         {{0, down, down, 1, true}, {15 * day, down, down, 2, false}, {15 * day, down, dead, 3, true}, {day, blocked, blocked, 0, true}},
	} {
		t.Run(name, func(t *testing.T) { walk(t, steps) })
	}
}

func walk(t *testing.T, steps []step) {
	now := time.Unix(1_800_000_000, 0)
	var s store.State
	failing := time.Time{}
	for i, step := range steps {
		now = now.Add(step.after)
		before := s
		s = realPace.decide(before, i > 0, step.seen, now)
		if s.State != step.want || s.Failures != step.failures || s.Since.Equal(now) != step.moved || !s.CheckedAt.Equal(now) {
			t.Fatalf("round %d saw %s: got %s since %s with %d failures, want %s with %d, moved %v",
				i, step.seen, s.State, s.Since, s.Failures, step.want, step.failures, step.moved)
		}
		if !step.moved && !s.Since.Equal(before.Since) {
			t.Errorf("round %d: got a state since %s, want it to stand since %s", i, s.Since, before.Since)
		}
		switch s.Failures {
		case 0:
			failing = time.Time{}
		case 1:
			failing = now
		}
		if !s.FailingSince.Equal(failing) {
			t.Errorf("round %d: got failing since %s, want %s", i, s.FailingSince, failing)
		}
	}
}

func TestFailuresReachDownAtTheThird(t *testing.T) {
	for range 200 {
		now := time.Unix(1_800_000_000, 0)
		s := realPace.decide(store.State{}, false, up, now)
		for failure := 1; s.State == up; failure++ {
			now = realPace.next(s, time.Hour)
			s = realPace.decide(s, true, down, now)
			if (s.State == down) != (failure >= downFailures) {
				t.Fatalf("failure %d: got %s after failing for %s", failure, s.State, now.Sub(s.FailingSince))
			}
		}
	}
}

func TestWait(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	const hour = time.Hour
	for _, c := range []struct {
		state    store.State
		interval time.Duration
		want     time.Duration
	}{
		{store.State{State: up}, hour, hour},
		{store.State{State: authOnly}, hour, hour},
		{store.State{State: up, Failures: 1}, hour, 12 * time.Minute},
		{store.State{State: up, Failures: 2}, hour, 24 * time.Minute},
		{store.State{State: down, Failures: 3}, hour, 48 * time.Minute},
		{store.State{State: down, Failures: 4}, hour, hour},
		{store.State{State: down, Failures: 7, FailingSince: now.Add(-8 * hour)}, hour, hour},
		{store.State{State: down, Failures: 30, FailingSince: now.Add(-80 * hour)}, hour, 10 * hour},
		{store.State{State: down, Failures: 1 << 30, FailingSince: now.Add(-400 * hour)}, hour, 24 * hour},
		{store.State{State: down, Failures: 9, FailingSince: now.Add(-90 * hour)}, 100 * hour, 51*hour + 12*time.Minute},
		{store.State{State: dead, Failures: 40}, hour, 7 * 24 * hour},
		{store.State{State: blocked, Since: now}, hour, hour},
		{store.State{State: blocked, Since: now.Add(-5 * hour)}, hour, 5 * hour},
		{store.State{State: blocked, Since: now.Add(-500 * hour)}, hour, 24 * hour},
		{store.State{State: blocked, Since: now.Add(-500 * hour)}, 168 * hour, 168 * hour},
	} {
		c.state.CheckedAt = now
		if c.state.Failures > 0 && c.state.FailingSince.IsZero() {
			c.state.FailingSince = now
		}
		if got := realPace.wait(c.state, c.interval); got != c.want {
			t.Errorf("wait after %+v with an interval of %s got %s, want %s", c.state, c.interval, got, c.want)
		}
		at := realPace.next(c.state, c.interval).Sub(now)
		if tenth := c.want / 10; at < c.want-tenth-time.Second || at > c.want+tenth {
			t.Errorf("next after %+v got %s later, want %s give or take a tenth", c.state, at, c.want)
		}
	}
}
