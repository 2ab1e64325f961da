package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/alerter"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// testTimeout bounds how long the receivers of a test alert may take.
const testTimeout = 2 * time.Minute

type alertsVerb struct {
	Test alertsTestVerb `cmd:"" help:"Send a made-up alert to each way of a subscription."`
}

type alertsTestVerb struct {
	Name string `arg:"" help:"Name of the subscription in ALERT_SUBSCRIPTIONS."`
}

// Run sends the alert and prints what came of each way.
func (v *alertsTestVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	options, err := cfg.Network.Options()
	if err != nil {
		return exit(usage, err)
	}
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	return onStore(ctx, e, func(s *store.Store) error {
		err := alerter.Try(ctx, cfg.Alerter, cfg.Network, options, s, v.Name, func(way string, err error) {
			verdict := "sent"
			if err != nil {
				verdict = "failed"
			}
			fmt.Fprintf(e.stdout, "%s\t%s\n", way, verdict)
		})
		if errors.Is(err, alerter.ErrNoSubscription) {
			return exit(notFound, err)
		}
		return err
	})
}
