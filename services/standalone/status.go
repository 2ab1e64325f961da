package standalone

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Verdict is what a look at the system comes to.
type Verdict string

// The verdicts, and the bounds from which on a look is not ok.
const (
	OK       Verdict = "ok"
	Warning  Verdict = "warning"
	Critical Verdict = "critical"

	oldWork     = time.Minute
	veryOldWork = 10 * time.Minute
	full        = 0.5
	veryFull    = 0.9
)

// Status is a look at the whole system. Its JSON is public.
type Status struct {
	At        time.Time            `json:"at"`
	Verdict   Verdict              `json:"verdict"`
	Problems  []string             `json:"problems"`
	Archive   Archive              `json:"archive"`
	Streams   []bus.StreamStatus   `json:"streams"`
	Consumers []bus.ConsumerStatus `json:"consumers"`
	Stages    []Stage              `json:"stages"`
	Dead      uint64               `json:"dead"`
	Paused    budget.Pauses        `json:"paused,omitempty"` // service → since when
	Upkeep    []Upkeep             `json:"upkeep"`           // jobs of the refresher
}

// Archive is what Postgres holds.
type Archive struct {
	Relays         map[string]map[string]int64 `json:"relays"` // network → state → relays
	Candidates     int64                       `json:"candidates"`
	GivenUp        int64                       `json:"candidates_given_up"`
	Events         int64                       `json:"events"`
	EventsExact    bool                        `json:"events_exact"`
	Sightings      int64                       `json:"sightings"`
	SightingsExact bool                        `json:"sightings_exact"`
	Quarantined    int64                       `json:"quarantined"`
	LastEventAt    *time.Time                  `json:"last_event_at"`
}

// Stage is one private work queue: what waits in it and how fast it is filled.
type Stage struct {
	Name             string  `json:"name"`
	Messages         uint64  `json:"messages"`
	OldestAgeSeconds float64 `json:"oldest_age_seconds"`
	PerSecond        float64 `json:"published_per_second"` // since the look before
}

// Look asks NATS and Postgres once.
func Look(ctx context.Context, b *bus.Bus, s *store.Store) (Status, error) {
	status := Status{At: time.Now().UTC(), Verdict: OK, Problems: []string{}}
	var err error
	if status.Streams, err = b.Streams(ctx); err != nil {
		return status, err
	}
	if status.Consumers, err = b.Consumers(ctx); err != nil {
		return status, err
	}
	totals, err := s.Totals(ctx)
	if err != nil {
		return status, err
	}
	if status.Paused, err = budget.Paused(ctx, b); err != nil {
		return status, err
	}
	jobs, err := s.Upkeeps(ctx)
	if err != nil {
		return status, err
	}
	status.Archive = archive(totals)
	status.upkeep(jobs)
	status.pause()
	for _, stream := range status.Streams {
		status.stage(stream)
	}
	if n := status.Archive.Quarantined; n > 0 {
		status.problem(Warning, "%d items are in quarantine: SELECT reason, count(*) FROM quarantine GROUP BY 1", n)
	}
	return status, nil
}

// pause tells what does not dial because somebody said so.
func (s *Status) pause() {
	for _, name := range slices.Sorted(maps.Keys(s.Paused)) {
		s.problem(Warning, "%s is paused since %s: bigbrotr resume %s", name, s.Paused[name].UTC().Format(time.RFC3339), name)
	}
}

func archive(t store.Totals) Archive {
	a := Archive{Relays: t.Relays, Candidates: t.Candidates, GivenUp: t.GivenUp, Events: t.Events, EventsExact: t.EventsExact,
		Sightings: t.Sightings, SightingsExact: t.SightingsExact, Quarantined: t.Quarantined}
	if !t.LastEventAt.IsZero() {
		at := t.LastEventAt.UTC()
		a.LastEventAt = &at
	}
	return a
}

// stage judges one stream.
func (s *Status) stage(stream bus.StreamStatus) {
	switch stream.Name {
	case subject.StreamDead:
		if s.Dead = stream.Messages; s.Dead > 0 {
			s.problem(Warning, "%d messages were given up: bigbrotr dead ls", s.Dead)
		}
	case subject.StreamFound, subject.StreamIngest:
		s.queue(stream)
	}
}

// queue judges a work queue by the age of its oldest message and by how full it is.
func (s *Status) queue(stream bus.StreamStatus) {
	stage := Stage{Name: stream.Name, Messages: stream.Messages}
	if !stream.Oldest.IsZero() {
		stage.OldestAgeSeconds = max(0, s.At.Sub(stream.Oldest).Seconds())
	}
	s.Stages = append(s.Stages, stage)
	age := time.Duration(stage.OldestAgeSeconds * float64(time.Second)).Round(time.Second)
	switch {
	case age > veryOldWork:
		s.problem(Critical, "the oldest message of %s is %s old: is its reader running?", stream.Name, age)
	case age > oldWork:
		s.problem(Warning, "the oldest message of %s is %s old", stream.Name, age)
	}
	if stream.MaxBytes > 0 {
		s.fill(stream.Name, float64(stream.Bytes)/float64(stream.MaxBytes))
	}
}

func (s *Status) fill(name string, share float64) {
	switch {
	case share > veryFull:
		s.problem(Critical, "%s is %.0f %% full: add a writer, or find out why it is slow", name, 100*share)
	case share > full:
		s.problem(Warning, "%s is %.0f %% full", name, 100*share)
	}
}

func (s *Status) problem(v Verdict, format string, args ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
	if s.Verdict != Critical {
		s.Verdict = v
	}
}

// Since fills in the rates between an earlier look and this one.
func (s *Status) Since(before Status) {
	seconds := s.At.Sub(before.At).Seconds()
	if seconds <= 0 {
		return
	}
	earlier := map[string]uint64{}
	for _, stream := range before.Streams {
		earlier[stream.Name] = stream.LastSeq
	}
	for _, stream := range s.Streams {
		for i := range s.Stages {
			if s.Stages[i].Name == stream.Name {
				s.Stages[i].PerSecond = float64(stream.LastSeq-earlier[stream.Name]) / seconds
			}
		}
	}
}

// States sums the relays of all networks by state.
func (a Archive) States() (states map[string]int64, all int64) {
	states = map[string]int64{}
	for _, network := range a.Relays {
		for state, n := range network {
			states[state] += n
			all += n
		}
	}
	return states, all
}

// lag is how long the oldest batch has waited for the writer.
func (s *Status) lag() (batches uint64, age time.Duration) {
	for _, stage := range s.Stages {
		if stage.Name == subject.StreamIngest {
			return stage.Messages, time.Duration(stage.OldestAgeSeconds * float64(time.Second)).Round(time.Second)
		}
	}
	return 0, 0
}
