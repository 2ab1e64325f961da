package synchronizer

import (
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// TestPaceFollowsTheRelay: whoever asks for patience is asked half as often, and no less than slowestPace.
func TestPaceFollowsTheRelay(t *testing.T) {
	w, record, _ := start(t, simrelay.Manners{Cap: 100, RateLimitAfter: 4, RateWindow: 200 * time.Millisecond}, world().Events)
	w.pace = rate.NewLimiter(100, 1)
	var err error
	if w.manners, err = probe(t.Context(), w.asker, time.Now()); err != nil {
		t.Fatalf("probe: %v", err)
	}
	if err := w.walk(t.Context(), []Interval{{Since: 0, Until: time.Now().Unix()}}); err != nil {
		t.Fatalf("walk: %v", err)
	}
	if len(record.have) != len(record.truth) || w.pace.Limit() > 50 {
		t.Errorf("got %d of %d events at %v requests a second, want all and at most 50", len(record.have), len(record.truth), w.pace.Limit())
	}
	for range 20 {
		w.slowDown()
	}
	if got := w.pace.Limit(); got != slowestPace {
		t.Errorf("got %v requests a second in the end, want %v", got, slowestPace)
	}
	w.pace.SetLimit(slowestPace / 2)
	if w.slowDown(); w.pace.Limit() != slowestPace/2 {
		t.Errorf("got %v requests a second, want no more than the settings allow", w.pace.Limit())
	}
}

// TestRefusedQuestionIsNotARefusedGuest: a relay that answered before in the turn is asked again sooner.
func TestRefusedQuestionIsNotARefusedGuest(t *testing.T) {
	notice, denied := &relay.Error{Class: relay.ClassNotice}, &relay.Error{Class: relay.ClassDenied}
	for _, c := range []struct {
		err   error
		pages uint32
		want  string
	}{{notice, 0, outcomeRefused}, {notice, 3, outcomeFailed}, {denied, 3, outcomeRefused}} {
		outcome, _, _ := judge(c.err)
		if got := soften(outcome, c.err, c.pages); got != c.want {
			t.Errorf("%v after %d pages: got %s, want %s", c.err, c.pages, got, c.want)
		}
	}
}
