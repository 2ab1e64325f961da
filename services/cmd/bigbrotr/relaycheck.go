package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// lookEvery is the time between two looks for a round that was asked for.
const lookEvery = 500 * time.Millisecond

type relayCheckVerb struct {
	Relay   string        `arg:"" name:"url" help:"Relay URL, with or without scheme."`
	Wait    bool          `help:"Wait for the round and print what it saw."`
	Timeout time.Duration `help:"How long to wait at most." default:"3m"`
	Output  string        `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run asks a monitor to check a relay at once.
func (v *relayCheckVerb) Run(ctx context.Context, e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	var answer subject.Wish
	err = onBus(ctx, e, func(b *bus.Bus) (err error) {
		answer, err = askForCheck(ctx, b, string(url))
		return err
	})
	if err != nil {
		return err
	}
	answer.URL = string(url)
	if !v.Wait || answer.Verdict != subject.WishAccepted {
		return v.print(e, answer)
	}
	return onStore(ctx, e, func(s *store.Store) error { return v.await(ctx, e, s, answer) })
}

func askForCheck(ctx context.Context, b *bus.Bus, url string) (answer subject.Wish, err error) {
	ctx, cancel := context.WithTimeout(ctx, injectTimeout)
	defer cancel()
	text, err := b.Request(ctx, subject.RelayCheck, []byte(url))
	if errors.Is(err, bus.ErrNobody) {
		return answer, exit(unreachable, errors.New("no monitor is running; start one: bigbrotr run monitor"))
	}
	if err != nil {
		return answer, exit(unreachable, fmt.Errorf("%w; ask again", err))
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return answer, fmt.Errorf("read the monitor's answer: %w", err)
	}
	return answer, nil
}

// print says what the monitor answered; only an accepted wish is a success.
func (v *relayCheckVerb) print(e *env, answer subject.Wish) error {
	code := map[string]int{subject.WishAccepted: 0, subject.WishUnknown: notFound, subject.WishRefused: usage}
	if v.Output == "json" {
		if err := e.writeJSON(answer); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintln(e.stdout, joined(answer.Verdict, answer.Reason)+"\t"+answer.URL); err != nil {
		return err
	}
	if answer.Verdict == subject.WishAccepted {
		return nil
	}
	exitCode, known := code[answer.Verdict]
	if !known {
		exitCode = failed
	}
	return exit(exitCode, fmt.Errorf("check %s: %s: %s", answer.URL, answer.Verdict, app.Quote(answer.Hint)))
}

// await returns when every vantage has made a round since the wish, and prints the relay as it is then; or a candidate that
// was tried and did not answer.
func (v *relayCheckVerb) await(ctx context.Context, e *env, s *store.Store, answer subject.Wish) error {
	ctx, cancel := context.WithTimeout(ctx, v.Timeout)
	defer cancel()
	for {
		rounds, _, err := s.LastRounds(ctx, answer.URL)
		if err != nil && ctx.Err() == nil {
			return exit(unreachable, err)
		}
		if err == nil && metBy(answer, rounds) {
			show := relayShowVerb{Relay: answer.URL, Output: v.Output}
			return show.show(context.WithoutCancel(ctx), e, s, answer.URL)
		}
		if answer.Reason == subject.WishOfCandidate {
			if tried, err := v.tried(ctx, e, s, answer); tried || err != nil && ctx.Err() == nil {
				return err
			}
		}
		if !app.Sleep(ctx, lookEvery) {
			return exit(partial, fmt.Errorf("check %s: it is due, but no round of all of %v was stored within %s; see: bigbrotr status",
				answer.URL, answer.Vantages, v.Timeout))
		}
	}
}

// tried prints a candidate that was tried since the wish in vain, and says whether it was.
func (v *relayCheckVerb) tried(ctx context.Context, e *env, s *store.Store, answer subject.Wish) (bool, error) {
	list, err := s.Candidates(ctx, store.CandidateFilter{URL: answer.URL, Limit: 1})
	if err != nil {
		return false, exit(unreachable, err)
	}
	if len(list) == 0 || !list[0].AcceptedAt.IsZero() || list[0].TriedAt.Unix() < answer.AskedAt-1 {
		return false, nil
	}
	if err := (&candidateShowVerb{Output: v.Output}).print(e, list[0]); err != nil {
		return true, err
	}
	return true, exit(failed, fmt.Errorf("check %s: it did not answer: %s; what that means: bigbrotr relay diagnose %[1]s", answer.URL, list[0].Reason))
}

// metBy says whether there is a round since the wish from every vantage, or any at all of a candidate. Rounds are dated by
// whole seconds.
func metBy(g subject.Wish, rounds store.Rounds) bool {
	if g.Reason == subject.WishOfCandidate {
		return len(rounds) > 0
	}
	for _, vantage := range g.Vantages {
		if rounds[vantage].Unix() < g.AskedAt-1 {
			return false
		}
	}
	return true
}
