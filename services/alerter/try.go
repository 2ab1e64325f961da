package alerter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// ErrNoSubscription says that no subscription has the name.
var ErrNoSubscription = errors.New("there is no such subscription")

// Try sends a made-up alert to each way of the named subscription, whatever the hour, and tells each what came of it. The
// error is the first way's that failed.
func Try(ctx context.Context, cfg Config, network netconf.Config, options relay.Options, s *store.Store, name string, tell func(way string, err error)) error {
	subscriptions, err := readSubscriptions(cfg.Subscriptions)
	if err != nil {
		return err
	}
	a := New(cfg, network, options, nil, s, slog.New(slog.DiscardHandler))
	if err := a.configure(); err != nil {
		return err
	}
	for _, one := range subscriptions {
		if one.Name == name {
			return a.try(ctx, one, tell)
		}
	}
	return fmt.Errorf("%s: %w", app.Quote(name), ErrNoSubscription)
}

func (a *Alerter) try(ctx context.Context, s *subscription, tell func(string, error)) (first error) {
	now := time.Now().Unix()
	for _, r := range a.routes(s) {
		alert := Alert{Kind: kindDown, Subscription: s.Name, Relay: "wss://relay.example.com", Vantage: a.network.Vantage, State: isDown,
			Since: now, CheckedAt: now, Changes: 1, Text: "This is a test: wss://relay.example.com is down. It is not."}
		alert.ID = r.id(alert, fmt.Sprint("test ", now))
		err := r.send(ctx, alert)
		tell(r.way, err)
		if first == nil {
			first = err
		}
	}
	return first
}
