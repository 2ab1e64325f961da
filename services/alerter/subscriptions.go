package alerter

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Bounds of the list file.
const (
	maxFile          = 1 << 20
	maxSubscriptions = 200
	maxPatterns      = 1000
	maxName          = 64
	maxSecret        = 1024
	maxQuiet         = 7 * 24 * time.Hour
	defaultQuiet     = 15 * time.Minute
)

// What can be told.
const (
	kindDown        = "down"
	kindRecovery    = "recovery"
	kindCertificate = "certificate"
)

var kinds = []string{kindDown, kindRecovery, kindCertificate}

// subscription is who wants to be told what about which relays.
type subscription struct {
	Name       string         `yaml:"name"`
	Relays     []string       `yaml:"relays"`
	On         []string       `yaml:"on"`
	Webhook    string         `yaml:"webhook"`
	SecretFile string         `yaml:"secret_file"`
	Nostr      string         `yaml:"nostr"`
	Quiet      *time.Duration `yaml:"quiet"`
	QuietHours string         `yaml:"quiet_hours"`

	patterns []pattern
	hours    hours
	secret   []byte       // signs webhooks; nil = unsigned
	receiver event.PubKey // of private messages
}

// wants says whether a kind of alert is asked for.
func (s *subscription) wants(kind string) bool { return slices.Contains(s.On, kind) }

// readSubscriptions reads the list file that the setting names; "" is none.
func readSubscriptions(path string) ([]*subscription, error) {
	if path == "" {
		return nil, nil
	}
	text, err := app.ReadList("ALERT_SUBSCRIPTIONS", path, maxFile)
	if err != nil {
		return nil, err
	}
	return parseSubscriptions(text)
}

// parseSubscriptions reads the list and reports everything that is wrong in it.
func parseSubscriptions(text []byte) ([]*subscription, error) {
	var list struct {
		Subscriptions []*subscription `yaml:"subscriptions"`
	}
	if err := app.DecodeList("ALERT_SUBSCRIPTIONS", text, &list); err != nil {
		return nil, err
	}
	if len(list.Subscriptions) > maxSubscriptions {
		return nil, fmt.Errorf("decode ALERT_SUBSCRIPTIONS: got %d subscriptions, want at most %d", len(list.Subscriptions), maxSubscriptions)
	}
	var wrong []error
	names := map[string]bool{}
	for i, s := range list.Subscriptions {
		if s == nil {
			s = &subscription{}
		}
		problem := s.complete()
		if names[s.Name] {
			problem = errors.Join(problem, fmt.Errorf("name: another one is called %s", app.Quote(s.Name)))
		}
		names[s.Name] = true
		if problem != nil {
			wrong = append(wrong, fmt.Errorf("subscription %d of ALERT_SUBSCRIPTIONS: %w", i+1, problem))
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return list.Subscriptions, nil
}

// complete fills in the defaults and reports all that is wrong.
func (s *subscription) complete() error {
	var wrong []error
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	if s.Name == "" || len(s.Name) > maxName {
		note(fmt.Errorf("name: got %d bytes, want 1 to %d", len(s.Name), maxName))
	}
	if s.On == nil {
		s.On = kinds
	}
	for _, kind := range s.On {
		if !slices.Contains(kinds, kind) {
			note(fmt.Errorf("on: got %s, want %s", app.Quote(kind), strings.Join(kinds, ", ")))
		}
	}
	if s.Quiet == nil {
		s.Quiet = new(defaultQuiet)
	}
	if *s.Quiet < 0 || *s.Quiet > maxQuiet {
		note(fmt.Errorf("quiet: got %s, want 0s to %s", *s.Quiet, maxQuiet))
	}
	var err error
	s.hours, err = parseHours(s.QuietHours)
	note(err)
	s.patterns, err = parsePatterns(s.Relays)
	note(err)
	note(s.ways())
	return errors.Join(wrong...)
}

// ways reads where alerts go.
func (s *subscription) ways() (err error) {
	if s.Webhook == "" && s.Nostr == "" {
		return errors.New("webhook or nostr: one of them must be there")
	}
	if s.Webhook == "" && s.SecretFile != "" {
		return errors.New("secret_file: it signs webhooks, and there is none")
	}
	if s.Webhook != "" {
		if u, err := url.Parse(s.Webhook); err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return errors.New("webhook: want https://host/…, without a password in it") // it is not repeated: many hold a token
		}
	}
	if s.Nostr != "" {
		if s.receiver, err = event.DecodePubKey(s.Nostr); err != nil {
			return errors.New("nostr: want the npub of the receiver, or 64 hex digits")
		}
	}
	s.secret, err = readSecret(s.SecretFile)
	return err
}

func readSecret(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("secret_file: %w", err)
	}
	if text = bytes.TrimSpace(text); len(text) == 0 || len(text) > maxSecret {
		return nil, fmt.Errorf("secret_file: got %d bytes, want 1 to %d", len(text), maxSecret)
	}
	return text, nil
}
