package main

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/shared/budget"
)

type resumeVerb struct {
	Services []string `arg:"" optional:"" name:"services" help:"Services that go on (${dialling}); all of them without a name." enum:"${dialling}"`
	Output   string   `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run takes the pause away. The services go on where they were.
func (v *resumeVerb) Run(ctx context.Context, e *env) error {
	return turn(ctx, e, v.Output, v.Services, budget.Resume)
}
