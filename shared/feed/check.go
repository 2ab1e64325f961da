package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Check is the result of one round of checks of one relay.
type Check struct {
	Relay     relay.URL
	Vantage   string
	CheckedAt time.Time
	State     string    // up, down, blocked, authonly, dead
	Since     time.Time // of the state
	Failures  int       // rounds in a row that the relay failed, this one included
	Results   map[string]Result

	NextCheckAt time.Time // zero = none is planned
}

// Result is the outcome of one check of a round.
type Result struct {
	OK     bool
	RTT    time.Duration // 0 = not measured
	Reason string        // why it failed, a bounded token
}

// Answered says whether a stranger, or one who signs in, was served in this very round. A relay that failed its last rounds may
// still count as up; it did not answer.
func (c Check) Answered() bool {
	return c.Serves() && c.Failures == 0 && c.Results["open"].OK
}

// Serves says whether the relay is in a state in which it serves somebody.
func (c Check) Serves() bool { return c.State == subject.FactUp || c.State == subject.FactAuthOnly }

// body is Check as it stands on the stream.
type body struct {
	Relay     string `json:"relay"`
	Vantage   string `json:"vantage"`
	CheckedAt int64  `json:"checked_at"`
	State     string `json:"state"`
	Since     int64  `json:"since"`
	Failures  int    `json:"failures"`
	NextAt    int64  `json:"next_check_at"`
	Results   []struct {
		Check  string `json:"check"`
		OK     bool   `json:"ok"`
		RTTms  uint32 `json:"rtt_ms"`
		Reason string `json:"reason"`
	} `json:"results"`
}

// Read reads the body of a message on brotr.check.….
func Read(text []byte) (Check, error) {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return Check{}, fmt.Errorf("read the result of a check: %w", err)
	}
	url, err := relay.Anywhere.Parse(b.Relay)
	if err != nil {
		return Check{}, fmt.Errorf("read the result of a check: %w", err)
	}
	if b.CheckedAt <= 0 || b.State == "" {
		return Check{}, errors.New("read the result of a check: it lacks its time or its state")
	}
	c := Check{Relay: url, Vantage: b.Vantage, CheckedAt: time.Unix(b.CheckedAt, 0), State: b.State, Since: time.Unix(b.Since, 0),
		Failures: b.Failures, Results: make(map[string]Result, len(b.Results))}
	if b.NextAt > 0 {
		c.NextCheckAt = time.Unix(b.NextAt, 0)
	}
	for _, r := range b.Results {
		c.Results[r.Check] = Result{OK: r.OK, RTT: time.Duration(r.RTTms) * time.Millisecond, Reason: r.Reason}
	}
	return c, nil
}
