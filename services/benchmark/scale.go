package benchmark

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// ScaleConfig says what a run of Scale does.
type ScaleConfig struct {
	Config
	Relays    int
	Processes []int         // synchronizers of each round
	Delay     time.Duration // before each answer of a relay
	Slots     int           // relays at once, of each synchronizer
}

// ScaleReport is what a run of Scale measured. Its JSON is public interface, as that of Report is.
type ScaleReport struct {
	Rounds   []ScaleRound      `json:"rounds"`
	Worst    float64           `json:"worst_deviation"` // of any round from the first divided by its processes; 0.15 = 15 % slower
	Relays   int               `json:"relays"`
	Delay    float64           `json:"delay_seconds"`
	Slots    int               `json:"slots_per_process"`
	Machine  Machine           `json:"machine"`
	Settings map[string]string `json:"settings"`
	Seconds  float64           `json:"seconds"` // of the whole run
}

// ScaleRound is the time to full coverage with so many synchronizers.
type ScaleRound struct {
	Processes int                `json:"processes"`
	Seconds   float64            `json:"seconds"`
	Ratio     float64            `json:"speedup"`              // against the first round
	Ideal     float64            `json:"ideal"`                // that ratio, when nothing stands in the way
	Deviation float64            `json:"deviation"`            // of the seconds from what they ideally are
	Waves     float64            `json:"turns_per_slot"`       // when there are few, the last turns decide: a rest of a wave takes as long as a whole one
	Invited   float64            `json:"invitation_seconds"`   // of the seconds, until the last task was published
	Messages  int                `json:"messages_handed_over"` // each synced to disk before the next question
	Requests  int                `json:"requests"`
	Cores     map[string]float64 `json:"cores"` // kept busy, by process
	BusyCores float64            `json:"machine_busy_cores"`
}

// roundTime bounds a round: one that takes longer will not end.
const roundTime = 30 * time.Minute

// Scale measures how the time to cover many slow relays falls with the number of synchronizers. Every round has a
// database, a broker and relays of its own, all alike.
func Scale(ctx context.Context, cfg ScaleConfig, log *slog.Logger) (report ScaleReport, err error) {
	began := time.Now()
	cfg.fixed = followSettings(0)
	cfg.fixed["SYNC_LIVE"], cfg.fixed["SYNC_INTERVAL"] = "false", "168h" // one turn at each relay
	cfg.fixed["CLEARNET_MAX_RELAYS"] = strconv.Itoa(cfg.Slots)
	report = ScaleReport{Relays: cfg.Relays, Delay: cfg.Delay.Seconds(), Slots: cfg.Slots, Settings: maps.Clone(cfg.settings())}
	for _, n := range cfg.Processes {
		round, machine, err := scaleRound(ctx, cfg, n, log)
		if err != nil {
			return report, fmt.Errorf("measure %d processes: %w", n, err)
		}
		report.add(round)
		report.Machine = machine
		last := report.Rounds[len(report.Rounds)-1]
		cfg.say("%d processes: %.1f s, %.2f times as fast as the first round (ideal %.2f, %+.0f %%)",
			n, last.Seconds, last.Ratio, last.Ideal, 100*last.Deviation)
	}
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// add compares a round with the first.
func (s *ScaleReport) add(round ScaleRound) {
	s.Rounds = append(s.Rounds, round)
	first, last := s.Rounds[0], &s.Rounds[len(s.Rounds)-1]
	last.Ratio, last.Ideal = first.Seconds/last.Seconds, float64(last.Processes)/float64(first.Processes)
	last.Deviation = last.Ideal/last.Ratio - 1
	if math.Abs(last.Deviation) > math.Abs(s.Worst) {
		s.Worst = last.Deviation
	}
}

func scaleRound(ctx context.Context, cfg ScaleConfig, n int, log *slog.Logger) (ScaleRound, Machine, error) {
	r := &rig{cfg: cfg.Config, workers: n, crowd: &crowd{relays: cfg.Relays, delay: cfg.Delay, seed: cfg.Seed}}
	defer r.stop()
	defer r.crowd.close()
	cfg.say("starting %d slow relays, Postgres, NATS, writer and %d synchronizers", cfg.Relays, n)
	if err := r.assemble(ctx, log); err != nil {
		return ScaleRound{}, Machine{}, err
	}
	round, err := r.coverAll(ctx)
	if err != nil {
		return ScaleRound{}, Machine{}, err
	}
	round.Processes, round.Waves = n, float64(cfg.Relays)/float64(n*cfg.Slots)
	machine, err := r.machine(ctx)
	return round, machine, err
}

// coverAll measures the time from the tasks to the last commit, and looks then whether it was all.
func (r *rig) coverAll(ctx context.Context) (round ScaleRound, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	before, err := r.use(ctx)
	if err != nil {
		return round, err
	}
	began := time.Now()
	if err := r.invite(ctx); err != nil {
		return round, err
	}
	round.Invited = time.Since(began).Seconds()
	if err := r.awaitCount(ctx, turnsCounted, len(r.crowd.urls)); err != nil {
		return round, err
	}
	if err := r.drain(ctx); err != nil {
		return round, err
	}
	round.Seconds = time.Since(began).Seconds()
	if round.Messages, err = r.handOvers(ctx); err != nil {
		return round, err
	}
	after, err := r.use(ctx)
	if err != nil {
		return round, err
	}
	round.Cores, round.BusyCores = r.cores(before, after), busyCores(before, after)
	requests, err := r.summed(ctx, "bigbrotr_synchronizer_requests_total")
	if err != nil {
		return round, err
	}
	round.Requests = int(requests)
	return round, r.complete(ctx, began)
}

// handOvers is how many messages the synchronizers have given to the writer.
func (r *rig) handOvers(ctx context.Context) (n int, err error) {
	streams, err := r.bus.Streams(ctx)
	for _, s := range streams {
		if s.Name == subject.StreamIngest {
			n = int(s.LastSeq)
		}
	}
	return n, err
}

// complete says what the archive lacks after a round.
func (r *rig) complete(ctx context.Context, began time.Time) error {
	for _, url := range r.crowd.urls {
		if done, err := r.covered(ctx, url, began); err != nil || !done {
			return fmt.Errorf("look up the coverage of %s: covered %t: %w", url, done, err)
		}
	}
	events, sightings, err := r.missing(ctx, r.crowd.events, r.crowd.placed)
	if err == nil && (events != 0 || sightings != 0) {
		err = fmt.Errorf("compare the archive with the relays: %d events and %d sightings are missing", events, sightings)
	}
	return err
}
