package benchmark

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// ValidateConfig says what a run of Validate does.
type ValidateConfig struct {
	Config
	Candidates int
	DeadShare  float64 // of them: by refusal, timeout, TLS and garbage, a quarter each
}

// ValidateReport is what a run of Validate measured. Its JSON is public interface, as that of Report is.
type ValidateReport struct {
	Wall       float64           `json:"wall_seconds"`          // from the first task until every candidate was tried and that is in Postgres
	RSS        int64             `json:"rss_bytes"`             // most of the validator
	CPU        float64           `json:"cpu_seconds"`           // of the validator
	Sockets    int               `json:"peak_sockets"`          // of the validator
	MetP50     float64           `json:"relay_met_p50_seconds"` // when the relays among them were asked
	MetP95     float64           `json:"relay_met_p95_seconds"`
	Candidates int               `json:"candidates"`
	Accepted   int               `json:"accepted"`
	Refused    map[string]int    `json:"refused"`            // by reason
	Invited    float64           `json:"invitation_seconds"` // of the wall time, until the last task was published
	BusyCores  float64           `json:"machine_busy_cores"`
	Processes  []Process         `json:"processes"`
	Machine    Machine           `json:"machine"`
	Settings   map[string]string `json:"settings"`
	AllSeconds float64           `json:"seconds"` // of the whole run
}

// Validate measures how fast one validator tries candidates, most of which are dead.
func Validate(ctx context.Context, cfg ValidateConfig, log *slog.Logger) (report ValidateReport, err error) {
	began := time.Now()
	dead := int(float64(cfg.Candidates) * cfg.DeadShare)
	r := &rig{cfg: cfg.Config, worker: "validator", job: subject.JobValidate,
		crowd: &crowd{relays: cfg.Candidates - dead, seed: cfg.Seed, dead: dead}}
	defer r.stop()
	defer r.crowd.close()
	cfg.say("starting %d relays, %d dead addresses, Postgres, NATS, validator and writer", cfg.Candidates-dead, dead)
	if err := r.assemble(ctx, log); err != nil {
		return report, err
	}
	report = ValidateReport{Candidates: cfg.Candidates, Settings: maps.Clone(cfg.settings())}
	cfg.say("validating %d candidates", cfg.Candidates)
	if err := r.validate(ctx, &report); err != nil {
		return report, fmt.Errorf("measure validation: %w", err)
	}
	report.RSS, report.Processes = peakOf(r.named(r.worker).cmd.Process.Pid), r.peaks()
	report.Machine, err = r.machine(ctx)
	report.AllSeconds = time.Since(began).Seconds()
	return report, err
}

const (
	acceptedTries = `bigbrotr_validator_tries_total{network="clearnet",outcome="accepted"}`
	failedTries   = `bigbrotr_validator_tries_total{network="clearnet",outcome="failed"}`
	failuresOf    = `bigbrotr_validator_failures_total{reason="`
)

// validate finds every candidate, and measures until each was tried.
func (r *rig) validate(ctx context.Context, report *ValidateReport) error {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	all := mixed(r.crowd.urls, r.crowd.graves)
	if err := r.find(ctx, all); err != nil {
		return err
	}
	from, err := r.use(ctx)
	if err != nil {
		return err
	}
	stop := watchSockets(r.named(r.worker).cmd.Process.Pid)
	began := time.Now()
	err = r.ask(ctx, all)
	report.Invited = time.Since(began).Seconds()
	err = errors.Join(err, r.awaitTries(ctx, len(all)), r.drain(ctx))
	report.Wall, report.Sockets = time.Since(began).Seconds(), stop()
	if err != nil {
		return err
	}
	to, err := r.use(ctx)
	if err != nil {
		return err
	}
	report.CPU, report.BusyCores = (to.cpu[r.worker] - from.cpu[r.worker]).Seconds(), busyCores(from, to)
	return r.verdicts(ctx, began, report)
}

// find writes candidates as the finder does.
func (r *rig) find(ctx context.Context, urls []string) error {
	for part := range slices.Chunk(urls, checksPerBatch) {
		batch := new(ingest.Batch)
		for _, url := range part {
			batch.Candidates = append(batch.Candidates, &ingest.Candidate{Url: url, Network: string(relay.Clearnet),
				Source: subject.SourceSeed, FoundAt: time.Now().Unix(), Vantage: "main"})
		}
		if err := r.bus.Ingest(ctx, subject.IngestCandidates, batch); err != nil {
			return err
		}
	}
	return r.drain(ctx)
}

// awaitTries returns when so many first tries were made.
func (r *rig) awaitTries(ctx context.Context, want int) error {
	for {
		accepted, err := r.counted(ctx, acceptedTries)
		if err != nil {
			return errors.Join(err, r.alive())
		}
		failed, err := r.counted(ctx, failedTries)
		if err != nil || int(accepted+failed) >= want {
			return err
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return fmt.Errorf("wait for %d tries: %.0f were made: %w", want, accepted+failed, ctx.Err())
		}
	}
}

// verdicts says what came of the candidates, and compares it with the truth.
func (r *rig) verdicts(ctx context.Context, began time.Time, report *ValidateReport) error {
	met, err := r.crowd.met(ctx, r)
	if err != nil {
		return err
	}
	var waits []time.Duration
	for _, at := range met {
		waits = append(waits, at.Sub(began))
	}
	slices.Sort(waits)
	report.MetP50, report.MetP95 = quantile(waits, 0.5), quantile(waits, 0.95)
	if report.Refused, err = r.reasons(ctx); err != nil {
		return err
	}
	totals, err := r.owner.Totals(ctx)
	if err != nil {
		return err
	}
	for _, n := range totals.Relays[string(relay.Clearnet)] {
		report.Accepted += int(n)
	}
	if report.Accepted != len(r.crowd.urls) {
		err = fmt.Errorf("compare the archive with the relays: %d were accepted, want %d", report.Accepted, len(r.crowd.urls))
	}
	return err
}

// reasons counts the tries that failed, by reason.
func (r *rig) reasons(ctx context.Context) (map[string]int, error) {
	text, err := metricsAt(ctx, r.ops)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	return reasons(io.LimitReader(text, maxMetrics))
}

func reasons(text io.Reader) (map[string]int, error) {
	counts := map[string]int{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), failuresOf)
		reason, number, cut := strings.Cut(rest, `"} `)
		if !ok || !cut {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("read metrics: %w", err)
		}
		counts[reason] = int(n)
	}
	return counts, lines.Err()
}
