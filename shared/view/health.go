package view

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Health is the public form of how a relay fared. Uptimes are shares of the known seconds, null = nothing is known.
type Health struct {
	Uptimes     []Uptime     `json:"uptimes"`
	Days        []Day        `json:"days"`
	Transitions []Transition `json:"transitions"`
}

// Uptime is the share of time in which a relay was up, as one vantage saw it.
type Uptime struct {
	Vantage string `json:"vantage"`
	Day     Period `json:"24h"`
	Week    Period `json:"7d"`
	Month   Period `json:"30d"`
	Quarter Period `json:"90d"`
}

// Period is one span of time.
type Period struct {
	Uptime       *float64 `json:"uptime"`
	KnownSeconds int64    `json:"known_seconds"`
}

// Day is the worst state of a day, in UTC.
type Day struct {
	Vantage      string `json:"vantage"`
	Day          string `json:"day"`
	Worst        string `json:"worst"`
	UpSeconds    int64  `json:"up_seconds"`
	KnownSeconds int64  `json:"known_seconds"`
}

// Transition is a change of state.
type Transition struct {
	Vantage string     `json:"vantage"`
	At      *time.Time `json:"at"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Reason  string     `json:"reason"`
}

// HealthOf is the form of a health.
func HealthOf(h store.Health) *Health {
	out := &Health{[]Uptime{}, []Day{}, []Transition{}}
	for _, u := range h.Uptimes {
		out.Uptimes = append(out.Uptimes, Uptime{u.Vantage, period(u.Day), period(u.Week), period(u.Month), period(u.Quarter)})
	}
	for _, d := range h.Days {
		out.Days = append(out.Days, Day{d.Vantage, d.Day.Format(time.DateOnly), d.Worst, int64(d.Up.Seconds()), int64(d.Known.Seconds())})
	}
	for _, t := range h.Transitions {
		out.Transitions = append(out.Transitions, Transition{t.Vantage, Time(t.At), t.From, t.To, t.Reason})
	}
	return out
}

func period(s store.Span) Period {
	p := Period{KnownSeconds: int64(s.Known.Seconds())}
	if share, ok := s.Share(); ok {
		p.Uptime = &share
	}
	return p
}

// Others is what monitors of others say, beside our own checks. What fewer than two say is not in it.
type Others struct {
	Monitors     int        `json:"monitors"`
	Reached      int        `json:"reached"`
	Up           bool       `json:"up"`
	LastAt       *time.Time `json:"last_at"`
	RTTOpenms    int64      `json:"rtt_open_ms"`
	NIPs         []string   `json:"nips"`
	Requirements []string   `json:"requirements"`
}

// OthersOf is the form of an agreement.
func OthersOf(a agreement.Agreement) *Others {
	return &Others{a.Monitors, a.Reached, a.Up(), Time(a.LastAt), a.Open.Milliseconds(), a.NIPs, a.Requirements}
}
