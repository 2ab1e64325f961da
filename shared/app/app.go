package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Interrupted is the exit status after a second signal: 128 and the number of SIGINT.
const Interrupted = 130

// Service is one worker of a process. Run blocks; it returns nil when ctx ends or its work is done, and an error only
// when the process cannot go on.
type Service interface {
	Run(ctx context.Context) error
}

// Named is a service and its name in logs and errors.
type Named struct {
	Name    string
	Service Service
}

// Run runs services together until all have returned. The first SIGINT or SIGTERM, the end of ctx, or the first error
// ends all of them; then they have grace to finish, and an error names those that did not. A second signal exits the
// process at once with status Interrupted. Nil means an orderly end.
func Run(ctx context.Context, log *slog.Logger, grace time.Duration, services ...Named) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	return run(ctx, log, grace, signals, os.Exit, services)
}

// run is Run with its signals and its emergency exit as parameters.
func run(ctx context.Context, log *slog.Logger, grace time.Duration, signals <-chan os.Signal, exit func(int), services []Named) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	alive := newRoll(services)
	for _, s := range services {
		group.Go(func() error { return alive.run(ctx, log, s) })
	}
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()

	ending := ctx.Done()
	var late <-chan time.Time
	for stopping := false; ; {
		select {
		case err := <-done:
			return err
		case s := <-signals:
			if stopping {
				log.Warn("A second signal was received", Reason, s.String())
				exit(Interrupted)
				return fmt.Errorf("stop at once: %s", s)
			}
			stopping = true
			log.Info("A signal was received", Reason, s.String())
			cancel()
		case <-ending:
			ending = nil
			late = time.After(grace)
		case <-late:
			return overdue(context.Cause(ctx), grace, alive.names())
		}
	}
}

// overdue is the error for services that outlived the grace, with the error that ended them all, if there was one.
func overdue(cause error, grace time.Duration, names []string) error {
	err := fmt.Errorf("stop within %s: still running: %s", grace, strings.Join(names, ", "))
	if errors.Is(cause, context.Canceled) {
		return err
	}
	return errors.Join(cause, err)
}

// roll is who has not returned yet.
type roll struct {
	mu      sync.Mutex
	running map[string]int
}

func newRoll(services []Named) *roll {
	r := &roll{running: map[string]int{}}
	for _, s := range services {
		r.running[s.Name]++
	}
	return r
}

// run is the life of one service.
func (r *roll) run(ctx context.Context, log *slog.Logger, s Named) error {
	defer r.leave(s.Name)
	log.Info("Service was started", ServiceName, s.Name)
	err := s.Service.Run(ctx)
	if err != nil && (ctx.Err() == nil || !errors.Is(err, context.Canceled)) {
		return fmt.Errorf("run %s: %w", s.Name, err)
	}
	log.Info("Service was stopped", ServiceName, s.Name)
	return nil
}

func (r *roll) leave(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[name]--; r.running[name] == 0 {
		delete(r.running, name)
	}
}

func (r *roll) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.running))
}
