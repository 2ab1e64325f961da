package alerter

import (
	"errors"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Config is what the environment says about alerts.
type Config struct {
	Subscriptions string     `env:"ALERT_SUBSCRIPTIONS" help:"YAML file of who wants to be told what about which relays; empty = nobody"`
	PrivateKey    app.Secret `env:"ALERT_PRIVATE_KEY" help:"secret key, hex or nsec, that signs private messages on Nostr (NIP-17); needed for subscriptions with nostr"`
	Relays        []string   `env:"ALERT_RELAYS" help:"relays to ask for a receiver's inbox (kind 10050), and to send to where there is none; separated by commas"`
}

// key signs private messages; nil = there is none.
func (c Config) key() (*event.Key, error) {
	if c.PrivateKey.IsZero() {
		return nil, nil
	}
	key, err := event.ParseKey(c.PrivateKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read ALERT_PRIVATE_KEY: %w", err)
	}
	return &key, nil
}

func (c Config) relays() (urls []relay.URL, err error) {
	var wrong []error
	for _, text := range c.Relays {
		u, err := relay.Anywhere.Parse(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("ALERT_RELAYS: %s: %w", app.Quote(text), err))
			continue
		}
		urls = append(urls, u)
	}
	return urls, errors.Join(wrong...)
}

// Validate reports what the range of a single setting cannot say, and everything that is wrong in the list file.
func (c Config) Validate() error {
	key, noKey := c.key()
	_, noRelay := c.relays()
	subscriptions, wrong := readSubscriptions(c.Subscriptions)
	for _, s := range subscriptions {
		if s.Nostr != "" && key == nil && noKey == nil {
			wrong = errors.Join(wrong, fmt.Errorf("subscription %s of ALERT_SUBSCRIPTIONS: nostr needs ALERT_PRIVATE_KEY", app.Quote(s.Name)))
		}
	}
	return errors.Join(noKey, noRelay, wrong)
}
