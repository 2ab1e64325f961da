package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// Run runs the named services in this process until a signal, the end of ctx, or a fatal error of one of them; "all" is
// every service, with an embedded NATS server and a private Postgres where the configuration names none. It returns
// when everything it started is gone.
func Run(ctx context.Context, cfg Config, names []string, log *slog.Logger) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if slices.Contains(names, All) && cfg.Progress != nil {
		chosen = append(chosen, progressRecipe)
	}
	return run(ctx, cfg, chosen, slices.Contains(names, All), log)
}

func run(ctx context.Context, cfg Config, chosen []recipe, embed bool, log *slog.Logger) error {
	options, err := cfg.Network.Options()
	if err != nil {
		return err
	}
	p := &process{cfg: cfg, log: log, done: make(chan struct{})}
	if embed {
		err = p.start(ctx)
	} else {
		p.servers, err = findServers(cfg, chosen)
	}
	if err != nil {
		return err
	}
	defer p.servers.stop()
	common := parts{cfg: cfg, options: options, bounds: p.servers.bounds, places: p.servers.places, log: log}
	services, err := p.assemble(chosen, common)
	if err != nil {
		return err
	}
	return app.Run(ctx, log, cfg.App.ShutdownGrace, services...)
}

// ErrInterrupted is what Run returns when a signal came before everything was started.
var ErrInterrupted = errors.New("interrupted while starting")

// process is one running set of services.
type process struct {
	cfg     Config
	log     *slog.Logger
	servers *servers
	workers sync.WaitGroup
	done    chan struct{} // closed when the last worker has returned
}

// start starts the servers of this process. A signal meanwhile ends the start in order.
func (p *process) start(ctx context.Context) (err error) {
	starting, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	p.servers, err = startServers(starting, p.cfg, p.log)
	if starting.Err() == nil || ctx.Err() != nil {
		return err
	}
	if err == nil {
		p.servers.stop()
	}
	return ErrInterrupted
}

// assemble makes the workers, and beside them what lives as long as they do: the operator's endpoints and the eye on
// Postgres.
func (p *process) assemble(chosen []recipe, common parts) ([]app.Named, error) {
	prepared := preparation(chosen)
	gated := &door{cfg: p.cfg, nats: common.places.NATS, log: p.log, opened: make(chan struct{}), done: p.done}
	checks := map[string]app.Check{}
	var services []app.Named
	for _, r := range chosen {
		w := &worker{recipe: r, parts: common, door: gated, prepared: prepared}
		w.log = p.log.With(app.ServiceName, r.name)
		w.wait(errors.New("not started yet"))
		checks[r.name] = w.ready
		p.workers.Add(1)
		services = append(services, app.Named{Name: r.name, Service: counted{w, &p.workers}})
	}
	ops := app.NewOps(p.cfg.App.OpsListen, prometheus.DefaultGatherer, checks, p.log)
	if err := ops.Listen(); err != nil {
		return nil, fmt.Errorf("%w; choose another address or `none`", err)
	}
	p.servers.places.Ops = ops.Addr()
	if err := p.announce(); err != nil {
		return nil, err
	}
	go func() { p.workers.Wait(); close(p.done) }()
	services = append(services, app.Named{Name: "endpoints", Service: until{ops, p.done}})
	if slices.ContainsFunc(chosen, func(r recipe) bool { return r.dials }) {
		services = append(services, app.Named{Name: "gate", Service: gated})
	}
	if p.servers.postgres != nil {
		services = append(services, app.Named{Name: "watch over postgres", Service: until{p.servers.postgres, p.done}})
	}
	return services, nil
}

// preparation returns what the others wait for when the initializer is among them.
func preparation(chosen []recipe) chan struct{} {
	if slices.ContainsFunc(chosen, func(r recipe) bool { return r.first }) {
		return make(chan struct{})
	}
	return nil
}

// announce tells people and the other verbs where everything is.
func (p *process) announce() error {
	if p.servers.places.PID == 0 {
		return nil
	}
	if err := p.servers.places.write(p.cfg.DataDir); err != nil {
		return err
	}
	p.servers.told = true
	p.cfg.whereToLook(p.servers.places)
	return nil
}

// counted tells a group when its service has returned.
type counted struct {
	app.Service
	group *sync.WaitGroup
}

// Run runs the service.
func (c counted) Run(ctx context.Context) error {
	defer c.group.Done()
	return c.Service.Run(ctx)
}

// until runs a service no longer than others need it.
type until struct {
	app.Service
	done <-chan struct{}
}

// Run runs the service until done is closed.
func (u until) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-u.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return u.Service.Run(ctx)
}
