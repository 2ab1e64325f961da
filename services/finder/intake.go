package finder

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Sources that trust and caps go by. Any other token below brotr.relay.found is a source like a list.
const (
	sourcePeople = "people" // brotr.relay.found itself
	sourceSeed   = subject.SourceSeed
	sourceOther  = "other" // for names that are too many
)

const (
	maxSource  = 32     // bytes of a source's name
	maxSources = 100    // names of sources beyond which all are "other"
	maxGroup   = 20_000 // finds that are decided at once
)

// intakeLimits bound one fetch. 64 is what the consumer lets wait for its ack.
var intakeLimits = bus.Limits{Messages: 64, Wait: 250 * time.Millisecond}

// intake decides on the messages of one fetch, as many together as maxGroup allows. Messages whose group failed come
// again; the others are acknowledged.
func (f *Finder) intake(ctx context.Context, deliveries []*bus.Delivery) error {
	failed := map[*bus.Delivery]error{}
	var open group
	flush := func() {
		if err := f.settle(ctx, &open); err != nil {
			for _, d := range open.deliveries {
				failed[d] = err
			}
		}
		open = group{}
	}
	for _, d := range deliveries {
		open.deliveries = append(open.deliveries, d)
		open.add(f.read(d.Body, f.source(d.Subject), d.PublishedAt))
		if len(open.finds) >= maxGroup {
			flush()
		}
	}
	flush()
	if len(failed) > 0 {
		return &bus.Partial{Errors: failed}
	}
	return nil
}

// group is some messages that are decided together.
type group struct {
	deliveries []*bus.Delivery
	messages   []*message
	finds      []*find
}

func (g *group) add(m *message) {
	g.messages = append(g.messages, m)
	g.finds = append(g.finds, m.finds...)
}

// message is what one message named.
type message struct {
	finds    []*find
	refusals refusals
}

// read takes a body apart. A URL that stands in it twice is one find.
func (f *Finder) read(body []byte, source string, at time.Time) *message {
	m := &message{refusals: refusals{source: source}}
	seen := map[relay.URL]bool{}
	for _, found := range f.parser.Found(body) {
		switch {
		case found.Err != nil:
			m.refusals.add(found.Line, relay.ReasonOf(found.Err))
		case !seen[found.URL]:
			seen[found.URL] = true
			m.finds = append(m.finds, &find{line: found.Line, url: found.URL, source: source, at: at})
		}
	}
	return m
}

// settle decides on a group and tells what was refused.
func (f *Finder) settle(ctx context.Context, g *group) error {
	if err := f.decide(ctx, g.finds); err != nil {
		return err
	}
	for _, m := range g.messages {
		for _, one := range m.finds {
			m.refuse(one)
		}
		if err := m.refusals.publish(ctx, f.bus); err != nil {
			return err
		}
	}
	return nil
}

// refuse tells a refusal, but for the caps of strangers: a flood must not become a flood of dead letters.
func (m *message) refuse(one *find) {
	switch {
	case one.verdict != refused:
	case one.reason == reasonDenied, one.reason == reasonOptedOut, trusted(one.source):
		m.refusals.add(one.line, one.reason)
	default:
		urlsRefused.WithLabelValues(one.reason).Inc()
	}
}

// sourceNames bounds the names of sources, which are part of a key in the archive: anybody may invent one.
type sourceNames struct {
	mu   sync.Mutex
	seen map[string]bool
}

// source is the last token of a subject below brotr.relay.found.
func (f *Finder) source(of string) string {
	name, named := strings.CutPrefix(of, subject.Found+".")
	if !named {
		return sourcePeople
	}
	return f.sources.admit(name)
}

// admit returns the name, or "other" for one that is no plain word or one too many.
func (s *sourceNames) admit(name string) string {
	if name == "" || len(name) > maxSource || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return sourceOther
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen[name] && len(s.seen) >= maxSources && !ownSources[name] {
		return sourceOther
	}
	s.seen[name] = true
	return name
}
