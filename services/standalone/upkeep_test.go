package standalone

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

func TestAJobThatFailsIsTold(t *testing.T) {
	at := time.Unix(1767268800, 0)
	s := Status{Verdict: OK}
	s.upkeep([]store.Upkeep{
		{Name: "counters", SucceededAt: at, FailedAt: at.Add(-time.Hour), Error: "long mended"},
		{Name: "windows", SucceededAt: at, FailedAt: at.Add(time.Hour), Error: "disk full"},
	})
	want := `job windows of the refresher fails: "disk full"`
	if s.Verdict != Warning || len(s.Problems) != 1 || s.Problems[0] != want {
		t.Errorf("got %s and %q, want a warning and %q", s.Verdict, s.Problems, want)
	}
	if len(s.Upkeep) != 2 || s.Upkeep[0].FailedAt != nil || s.Upkeep[1].FailedAt == nil {
		t.Errorf("got %+v, want the failure of windows alone", s.Upkeep)
	}
}
