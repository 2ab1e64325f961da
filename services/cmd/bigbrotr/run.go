package main

import (
	"context"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

type runVerb struct {
	Services []string `arg:"" help:"Services to run: ${enum}." enum:"${services}"`
}

// Run runs services until a signal comes.
func (v *runVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	log := app.NewLogger(cfg.App.LogLevel, cfg.App.LogFormat, e.stderr, isTerminal(e.stderr))
	if slices.Contains(v.Services, standalone.All) {
		cfg.Progress = e.stderr
	}
	return standalone.Run(ctx, cfg, v.Services, log)
}
