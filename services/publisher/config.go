package publisher

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxGeohash is the longest geohash that is published: a square of about five metres.
const maxGeohash = 9

// maxRelays bounds the publish relays: each has a connection and a position of its own.
const maxRelays = 32

// Config is what the environment says about publishing.
type Config struct {
	Relays    []string      `env:"MONITOR_PUBLISH_RELAYS" help:"relays that results are published to (NIP-66), separated by commas, such as wss://relay.nostr.watch,wss://relaypag.es,wss://monitorlizard.nostr1.com; empty = publish nothing"`
	Publish   []string      `env:"MONITOR_PUBLISH" help:"checks whose findings are published, separated by commas; empty = all that are made and stored"`
	Heartbeat time.Duration `env:"MONITOR_HEARTBEAT" envDefault:"6h" range:"1h..168h" help:"an unchanged result is published again when it is that old; the frequency that the monitor announces"`
	Profile   time.Duration `env:"MONITOR_PROFILE" envDefault:"24h" range:"1h..168h" help:"the unchanged profile and announcement of the monitor are published again when they are that old"`
	Auth      bool          `env:"MONITOR_PUBLISH_AUTH" envDefault:"false" help:"log in (NIP-42) at publish relays that demand it"`
	PublicKey string        `env:"MONITOR_PUBLIC_KEY" help:"public key, hex or npub, that MONITOR_PRIVATE_KEY must belong to; unset = any"`
	Name      string        `env:"MONITOR_NAME" envDefault:"BigBrotr monitor" help:"name in the monitor's profile"`
	About     string        `env:"MONITOR_ABOUT" envDefault:"Checks Nostr relays and says what it found (NIP-66)." help:"description in the monitor's profile; name a contact"`
	Geohash   string        `env:"MONITOR_GEOHASH" help:"geohash of where the monitor is, up to 9 letters; unset = not said"`
}

// Self is what the monitor announces of itself. Every value comes from the running configuration.
type Self struct {
	PrivateKey app.Secret    // MONITOR_PRIVATE_KEY; without one nothing is published
	Checks     []Question    // that it makes
	Interval   time.Duration // between two rounds of a relay that answers; the longest of all networks
}

// Question is one check of the monitor's.
type Question struct {
	Check   string        // its name
	Timeout time.Duration // of one attempt, on the clearnet
}

// publishes says whether the findings of a check are published.
func (c Config) publishes(check string) bool {
	return len(c.Publish) == 0 || slices.Contains(c.Publish, check)
}

// checks reports what is no check.
func (c Config) checks() error {
	var wrong []error
	for _, name := range c.Publish {
		if !slices.Contains(document.Names(), name) {
			wrong = append(wrong, fmt.Errorf("MONITOR_PUBLISH: got %s, want some of %s", app.Quote(name), strings.Join(document.Names(), ", ")))
		}
	}
	return errors.Join(wrong...)
}

// key is the key that signs; nil = there is none.
func (c Config) key(self Self) (*event.Key, error) {
	if self.PrivateKey.IsZero() {
		return nil, nil
	}
	key, err := event.ParseKey(self.PrivateKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read MONITOR_PRIVATE_KEY: %w", err)
	}
	if c.PublicKey == "" {
		return &key, nil
	}
	want, err := event.DecodePubKey(c.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("read MONITOR_PUBLIC_KEY: %w", err)
	}
	if want != key.PubKey() {
		return nil, fmt.Errorf("MONITOR_PUBLIC_KEY is not the key of MONITOR_PRIVATE_KEY, which is %s", key.PubKey())
	}
	return &key, nil
}

// Author is whose events are published: that of MONITOR_PRIVATE_KEY, else MONITOR_PUBLIC_KEY; false = there is neither.
func (c Config) Author(self Self) (author event.PubKey, ok bool, err error) {
	key, err := c.key(self)
	if err != nil || key != nil {
		return keyOwner(key), key != nil, err
	}
	if c.PublicKey == "" {
		return author, false, nil
	}
	author, err = event.DecodePubKey(c.PublicKey)
	return author, err == nil, err
}

func keyOwner(key *event.Key) (author event.PubKey) {
	if key != nil {
		author = key.PubKey()
	}
	return author
}

// relays are the publish relays in their canonical form, each once. They may be at private addresses; whether those are dialled
// RELAY_ALLOW_CIDRS says.
func (c Config) relays() (urls []relay.URL, err error) {
	var wrong []error
	for _, text := range c.Relays {
		u, err := relay.Anywhere.Parse(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("MONITOR_PUBLISH_RELAYS: %s: %w", app.Quote(text), err))
		} else if !slices.Contains(urls, u) {
			urls = append(urls, u)
		}
	}
	if len(urls) > maxRelays {
		wrong = append(wrong, fmt.Errorf("MONITOR_PUBLISH_RELAYS: got %d relays, want at most %d", len(urls), maxRelays))
	}
	return urls, errors.Join(wrong...)
}

var geohashForm = regexp.MustCompile(`^[0-9b-hjkmnp-z]{0,9}$`)

// Validate reports what the range of a single setting cannot say.
func (c Config) Validate(self Self) error {
	_, noKey := c.key(self)
	_, noRelay := c.relays()
	var noPlace error
	if !geohashForm.MatchString(c.Geohash) {
		noPlace = fmt.Errorf("MONITOR_GEOHASH: got %s, want up to %d letters of a geohash", app.Quote(c.Geohash), maxGeohash)
	}
	return errors.Join(noKey, noRelay, noPlace, c.checks())
}
