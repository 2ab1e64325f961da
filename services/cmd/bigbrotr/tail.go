package main

import (
	"context"
	"fmt"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

type tailVerb struct {
	What   string  `arg:"" enum:"events,checks,relays" help:"events, checks or relays (their changes of state)."`
	Kind   *uint16 `help:"Only events of this kind."`
	Author string  `help:"Only events of this author, 64 hex digits."`
	Relay  string  `help:"Only of this relay."`
	Limit  int     `help:"End after so many; 0 = never." default:"0"`
}

// Run prints what passes, one JSON object a line, until a signal comes. It is live only: `nats sub --stream` replays.
func (v *tailVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	subjects, url, err := v.subjects()
	if err != nil {
		return err
	}
	return onBus(ctx, e, func(b *bus.Bus) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		lines := make(chan bus.Message)
		failed := make(chan error, len(subjects))
		for _, s := range subjects {
			go func() { failed <- b.Follow(ctx, s, v.pass(ctx, e, url, lines)) }()
		}
		return v.print(ctx, e, lines, failed)
	})
}

// pass hands on what is of the wanted relay.
func (v *tailVerb) pass(ctx context.Context, e *env, url string, lines chan<- bus.Message) func(bus.Message, error) error {
	return func(m bus.Message, lost error) error {
		if lost != nil {
			fmt.Fprintln(e.stderr, "Some were dropped: this terminal or pipe is too slow.")
			return nil
		}
		if url != "" && m.Header[subject.HeaderRelay] != url {
			return nil
		}
		select {
		case lines <- m:
		case <-ctx.Done():
		}
		return nil
	}
}

func (v *tailVerb) print(ctx context.Context, e *env, lines <-chan bus.Message, failed <-chan error) error {
	for n := 0; v.Limit == 0 || n < v.Limit; n++ {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case m := <-lines:
			if _, err := fmt.Fprintln(e.stdout, plain(string(m.Body))); err != nil {
				return err
			}
		}
	}
	return nil
}

// subjects returns what to subscribe to, and the canonical URL of the wanted relay.
func (v *tailVerb) subjects() ([]string, string, error) {
	url := ""
	if v.Relay != "" {
		u, err := canonical(v.Relay)
		if err != nil {
			return nil, "", err
		}
		url = string(u)
	}
	switch v.What {
	case "checks":
		return []string{subject.Check("*", "*")}, url, nil
	case "relays":
		var all []string
		for _, fact := range subject.RelayFacts {
			all = append(all, subject.RelayFact(fact, "*", "*"))
		}
		return all, url, nil
	}
	events, err := v.events()
	return []string{events}, url, err
}

func (v *tailVerb) events() (string, error) {
	kind, author := "*", "*.*"
	if v.Kind != nil {
		kind = strconv.Itoa(int(*v.Kind))
	}
	if v.Author != "" {
		key, err := event.ParsePubKey(v.Author)
		if err != nil {
			return "", exit(usage, fmt.Errorf("read author: %w", err))
		}
		author = key.String()[:2] + "." + key.String()
	}
	return "brotr.event." + kind + "." + author, nil
}
