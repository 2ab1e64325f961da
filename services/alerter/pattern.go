package alerter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// pattern is which relays a subscription is about: one URL, a host with all its relays, all hosts below a name (`*.example.com`),
// or all relays (`*`).
type pattern struct {
	url    relay.URL
	host   string
	suffix string // with its dot
	all    bool
}

func (p pattern) matches(u relay.URL) bool {
	switch {
	case p.all:
		return true
	case p.url != "":
		return u == p.url
	case p.suffix != "":
		return strings.HasSuffix(u.Host(), p.suffix)
	}
	return u.Host() == p.host
}

func parsePatterns(texts []string) (patterns []pattern, err error) {
	if len(texts) == 0 || len(texts) > maxPatterns {
		return nil, fmt.Errorf("relays: got %d, want 1 to %d; * is every relay", len(texts), maxPatterns)
	}
	var wrong []error
	for _, text := range texts {
		p, err := parsePattern(strings.TrimSpace(text))
		if err != nil {
			wrong = append(wrong, err)
		}
		patterns = append(patterns, p)
	}
	return patterns, errors.Join(wrong...)
}

func parsePattern(text string) (pattern, error) {
	if text == "*" {
		return pattern{all: true}, nil
	}
	name, below := strings.CutPrefix(text, "*.")
	if strings.Contains(text, "://") {
		u, err := relay.Anywhere.Parse(text)
		if err != nil {
			return pattern{}, fmt.Errorf("relays: %s: %w", app.Quote(text), err)
		}
		return pattern{url: u}, nil
	}
	u, err := relay.Anywhere.Parse("wss://" + name)
	if err != nil || u.Path() != "" || u.Port() != 443 || strings.ContainsAny(name, "/?#@*") {
		return pattern{}, fmt.Errorf("relays: %s is no URL with its scheme, no host and no *.host", app.Quote(text))
	}
	if below {
		return pattern{suffix: "." + u.Host()}, nil
	}
	return pattern{host: u.Host()}, nil
}

// about says whether a subscription is about a relay.
func (s *subscription) about(u relay.URL) bool {
	for _, p := range s.patterns {
		if p.matches(u) {
			return true
		}
	}
	return false
}
