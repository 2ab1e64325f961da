package alerter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	kindInbox      = 10050 // NIP-17: where somebody wants private messages
	maxInbox       = 4     // relays that a message is sent to
	maxInboxEvents = 10    // that a relay may answer with
	relayTimeout   = 30 * time.Second
)

// whisper sends an alert as a private message to each relay of the receiver's inbox; nil means that one of them took it.
func (a *Alerter) whisper(ctx context.Context, to event.PubKey, alert Alert) error {
	relays, err := a.inbox(ctx, to)
	if err != nil {
		return err
	}
	wrap, err := a.key.Wrap(to, alert.at(), alert.Text)
	if err != nil {
		return err
	}
	taken, failed := false, []error{}
	for _, u := range relays {
		if err := a.deliver(ctx, u, wrap); err != nil {
			failed = append(failed, err)
		} else {
			taken = true
		}
	}
	if taken {
		return nil
	}
	return fmt.Errorf("send a private message: %w", errors.Join(append(failed, errNowhere)...))
}

var errNowhere = errors.New("no relay of the receiver took it")

func (a *Alerter) deliver(ctx context.Context, u relay.URL, wrap event.Event) error {
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	conn, err := a.dialer.Connect(ctx, u)
	if err != nil {
		return err
	}
	defer conn.Close()
	ok, err := conn.PublishAs(ctx, wrap, a.key)
	if err != nil {
		return err
	}
	if !ok.Accepted && ok.Prefix != "duplicate" {
		return fmt.Errorf("%s refused it: %.200q", u, ok.Text)
	}
	return nil
}

// inbox is where somebody reads private messages: what the archive knows, else what ALERT_RELAYS say, else those themselves.
func (a *Alerter) inbox(ctx context.Context, of event.PubKey) ([]relay.URL, error) {
	tags, err := a.store.LatestTags(ctx, of, kindInbox)
	if err != nil {
		return nil, err
	}
	if urls := a.inboxRelays(tags); len(urls) > 0 {
		return urls, nil
	}
	for _, u := range a.relays {
		list, err := a.ask(ctx, u, of)
		if err != nil {
			continue // another one may know
		}
		if urls := a.inboxRelays(list.DecodeTags()); len(urls) > 0 {
			return urls, nil
		}
	}
	return a.relays[:min(len(a.relays), maxInbox)], nil
}

// inboxRelays reads the relays of a list. They are strangers' words: the guard of the dialer decides about addresses.
func (a *Alerter) inboxRelays(tags [][]string) (urls []relay.URL) {
	for _, tag := range tags {
		if len(tag) < 2 || tag[0] != "relay" || len(urls) == maxInbox {
			continue
		}
		if u, err := a.dialer.Parser().Parse(tag[1]); err == nil && !slices.Contains(urls, u) {
			urls = append(urls, u)
		}
	}
	return urls
}

// ask returns the newest inbox list of somebody that a relay has; its tags are none when it has none.
func (a *Alerter) ask(ctx context.Context, u relay.URL, of event.PubKey) (newest event.Event, err error) {
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	conn, err := a.dialer.Connect(ctx, u)
	if err != nil {
		return newest, err
	}
	defer conn.Close()
	filter := event.Filter{Kinds: []uint16{kindInbox}, Authors: []event.PubKey{of}, Limit: new(1)}
	_, err = conn.Query(ctx, relay.Request{Filter: filter, MaxEvents: maxInboxEvents}, func(raw []byte) error {
		e, err := event.Parse(bytes.Clone(raw))
		if err == nil && filter.Matches(&e) && e.CreatedAt > newest.CreatedAt && e.CheckSignature() {
			newest = e
		}
		return nil
	})
	return newest, err
}
