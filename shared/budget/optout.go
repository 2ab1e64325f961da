package budget

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Keys of the state bucket. The version is small, because every process asks for it every second.
const (
	optOutsKey = "optouts"
	versionKey = "optouts.version"
)

// maxOptOuts bounds the list in bytes: it travels in one message.
const maxOptOuts = 900 << 10

// ErrTooMany says that the list of opt-outs has no room.
var ErrTooMany = fmt.Errorf("the patterns take more than %d bytes", maxOptOuts)

// OptOut reads a pattern and returns its one form. A URL with its scheme is one relay, over ws and wss alike. A bare name
// is a host with all its relays, and if it is one that somebody registers (such as `example.com`), everything below it,
// too.
func OptOut(text string) (pattern string, err error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "://") {
		u, err := relay.Anywhere.Parse(text)
		if err != nil {
			return "", fmt.Errorf("read opt-out: %w", err)
		}
		return string(u), nil
	}
	u, err := relay.Anywhere.Parse("wss://" + strings.Trim(text, "."))
	if err != nil || u.Path() != "" || u.Port() != 443 || strings.ContainsAny(text, "/?#@") {
		return "", fmt.Errorf("read opt-out %.200q: it is no URL with ws:// or wss:// and no host name", text)
	}
	return u.Host(), nil
}

// denylist puts patterns in the form in which they are asked. One that cannot be read is left out and named.
func denylist(patterns []string) (relay.Denylist, error) {
	list := relay.Denylist{URLs: map[relay.URL]bool{}, Hosts: map[string]bool{}, Domains: map[string]bool{}}
	var wrong []error
	for _, text := range patterns {
		pattern, err := OptOut(text)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if _, rest, isURL := strings.Cut(pattern, "://"); isURL {
			for _, scheme := range []string{"ws://", "wss://"} {
				if u, err := relay.Anywhere.Parse(scheme + rest); err == nil {
					list.URLs[u] = true
				}
			}
			continue
		}
		list.Hosts[pattern] = true
		if _, err := netip.ParseAddr(pattern); err != nil && relay.RegistrableDomain(pattern) == pattern {
			list.Domains[pattern] = true
		}
	}
	return list, errors.Join(wrong...)
}

// Denied says whether a relay opted out. It costs a look into a map and takes no lock.
func (g *Gate) Denied(u relay.URL) bool {
	if g == nil {
		return false
	}
	list := g.denied.Load()
	return list != nil && list.Denies(u)
}

// PublishOptOuts makes these patterns, and no others, what every process goes by. Each learns of it within two seconds.
func PublishOptOuts(ctx context.Context, b *bus.Bus, patterns []string) error {
	text, version, err := encodeOptOuts(patterns)
	if err != nil {
		return err
	}
	stored, _, err := b.Get(ctx, versionKey)
	if err != nil {
		return err
	}
	if string(stored) == version {
		if have, _, err := b.Get(ctx, optOutsKey); err == nil && string(have) == text {
			return nil
		}
	}
	if err := b.Put(ctx, optOutsKey, []byte(text)); err != nil { // before its version: who sees that one finds the list
		return err
	}
	return b.Put(ctx, versionKey, []byte(version))
}

// Reconcile publishes the opt-outs of the archive, so that the bus may be wiped.
func Reconcile(ctx context.Context, b *bus.Bus, s *store.Store) error {
	list, err := s.OptOuts(ctx)
	if err != nil {
		return err
	}
	return PublishOptOuts(ctx, b, Patterns(list))
}

// Patterns returns the patterns of opt-outs.
func Patterns(list []store.OptOut) []string {
	patterns := make([]string, len(list))
	for i, one := range list {
		patterns[i] = one.Pattern
	}
	return patterns
}

// CheckOptOuts returns ErrTooMany for a list that cannot be published.
func CheckOptOuts(patterns []string) error {
	_, _, err := encodeOptOuts(patterns)
	return err
}

func encodeOptOuts(patterns []string) (text, version string, err error) {
	patterns = slices.Clone(patterns)
	slices.Sort(patterns)
	text = strings.Join(slices.Compact(patterns), "\n")
	if len(text) > maxOptOuts {
		return "", "", fmt.Errorf("publish %d opt-outs: %w", len(patterns), ErrTooMany)
	}
	sum := sha256.Sum256([]byte(text))
	return text, hex.EncodeToString(sum[:8]), nil
}

// lookAtOptOuts reads the list when its version is another one. A list that was not there yet leaves everything as it is.
func (g *Gate) lookAtOptOuts(ctx context.Context) error {
	version, found, err := g.bus.Get(ctx, versionKey)
	if errors.Is(err, bus.ErrNoBucket) || err == nil && (!found || string(version) == g.version) {
		return nil
	}
	if err != nil {
		return err
	}
	text, found, err := g.bus.Get(ctx, optOutsKey)
	if err != nil || !found {
		return err
	}
	list, wrong := denylist(strings.Fields(string(text)))
	g.denied.Store(&list)
	g.version = string(version)
	return wrong
}
