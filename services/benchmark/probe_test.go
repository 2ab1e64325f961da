package benchmark

import (
	"slices"
	"strings"
	"testing"
)

func TestProbeMeasuresRounds(t *testing.T) {
	cfg := ProbeConfig{Config: crowdConfig(t), Live: 6, Dead: 8, Rounds: 2}
	cfg.Environ = map[string]string{"CLEARNET_CHECK_TIMEOUT": "1s"}
	report, err := Probe(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rounds) != 2 || report.Wall < report.Rounds[0].Wall || report.Wall < 1 {
		t.Errorf("rounds: got %+v, want two, the longest as long as a timeout", report.Rounds)
	}
	for _, round := range append(report.Rounds, report.Alone) {
		if round.RSS < 1<<20 || round.Sockets < 1 || round.DelayP50 > round.DelayP95 || round.DelayP95 > round.DelayMax || round.DelayMax > round.Wall {
			t.Errorf("got a round of %+v, want memory, sockets and delays within it", round)
		}
	}
	if report.QueueP95 <= 0 || report.QueueP95 > 1 {
		t.Errorf("got live relays that stood %v s behind others, want next to nothing and measured", report.QueueP95)
	}
	if report.Sockets < 3 || report.RSS < 1<<20 || report.CPU <= 0 {
		t.Errorf("got %d sockets, %d bytes, %v s of CPU, want those of a monitor", report.Sockets, report.RSS, report.CPU)
	}
	if report.States["up"] != 6 || report.States["down"] != 8 {
		t.Errorf("states: got %v, want 6 up and 8 down", report.States)
	}
	checkNothingLeft(t, cfg.Dir)
}

func TestValidateMeasuresFirstTries(t *testing.T) {
	cfg := ValidateConfig{Config: crowdConfig(t), Candidates: 20, DeadShare: 0.6}
	cfg.Environ = map[string]string{"CLEARNET_CHECK_TIMEOUT": "2s"}
	report, err := Validate(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted != 8 || report.Wall <= 0 || report.MetP50 <= 0 || report.MetP95 > report.Wall {
		t.Errorf("got %+v, want 8 accepted, asked within the time it took", report)
	}
	for _, reason := range []string{"refused", "timeout", "tls", "malformed"} {
		if report.Refused[reason] != 3 {
			t.Errorf("refused: got %v, want 3 for each of four reasons", report.Refused)
			break
		}
	}
	checkNothingLeft(t, cfg.Dir)
}

func TestMixedPutsTheDeadBetweenTheLiving(t *testing.T) {
	if got := strings.Join(mixed([]string{"A", "B"}, []string{"1", "2", "3", "4"}), ""); got != "12A34B" {
		t.Errorf("got %s, want 12A34B", got)
	}
	if got := mixed([]string{"A", "B"}, nil); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("without dead ones got %v, want A, B", got)
	}
}

func TestSettleDrawsALineThroughTheRounds(t *testing.T) {
	report := ProbeReport{Rounds: []ProbeRound{{RSS: 1, Wall: 9, CPU: 1}, {RSS: 100, DelayP95: 4, CPU: 2}, {RSS: 110, CPU: 3}, {RSS: 120, CPU: 2, Sockets: 5}}}
	report.settle()
	if report.Growth != 10 || report.Wall != 9 || report.DelayP95 != 4 || report.CPU != 2 || report.Sockets != 5 {
		t.Errorf("got %+v, want 10 bytes a round, the first left out", report)
	}
}

func TestWithinReadsAHistogram(t *testing.T) {
	from, to := make([]float64, len(queueBounds)), make([]float64, len(queueBounds))
	for i := range to {
		from[i], to[i] = 7, 7+100 // all within the first bound
	}
	if got := within(0.95, from, to); got != queueBounds[0] {
		t.Errorf("got %v, want %v", got, queueBounds[0])
	}
	if to[0], to[1] = 7+94, 7+96; within(0.95, from, to) != queueBounds[1] {
		t.Errorf("got %v, want %v", within(0.95, from, to), queueBounds[1])
	}
}

func TestReasonsAreRead(t *testing.T) {
	got, err := reasons(strings.NewReader("a 1\n" + failuresOf + "tls\"} 3\n" + failuresOf + "upgrade_4xx\"} 2\n"))
	if err != nil || len(got) != 2 || got["tls"] != 3 || got["upgrade_4xx"] != 2 {
		t.Errorf("got %v, %v, want tls 3 and upgrade_4xx 2", got, err)
	}
}
