package standalone

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Upkeep is how a job of the refresher fared last.
type Upkeep struct {
	Job         string     `json:"job"`
	SucceededAt *time.Time `json:"succeeded_at"`
	TookMillis  int64      `json:"took_ms"`
	Rows        int64      `json:"rows"`
	FailedAt    *time.Time `json:"failed_at,omitempty"`
	Error       string     `json:"error,omitempty"`
}

// upkeep lists the jobs of the refresher, and tells those whose last run failed.
func (s *Status) upkeep(jobs []store.Upkeep) {
	s.Upkeep = make([]Upkeep, 0, len(jobs))
	for _, j := range jobs {
		u := Upkeep{Job: j.Name, TookMillis: j.Took.Milliseconds(), Rows: j.Did, SucceededAt: orNone(j.SucceededAt)}
		if j.FailedAt.After(j.SucceededAt) {
			u.FailedAt, u.Error = orNone(j.FailedAt), j.Error
			s.problem(Warning, "job %s of the refresher fails: %s", j.Name, app.Quote(j.Error))
		}
		s.Upkeep = append(s.Upkeep, u)
	}
}

func orNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
