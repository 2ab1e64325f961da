package standalone

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	lineEvery  = 10 * time.Second
	firstTime  = 2 * time.Minute // while everything is new, a change is told at once
	peekEvery  = 2 * time.Second
	offlineMin = 20 // failed tries, and no success, from which on the network is said to be missing
)

// progressRecipe prints what happens, for people.
var progressRecipe = recipe{name: "progress", dsn: reading, conns: 1, build: func(p parts) app.Service {
	return &progress{parts: p, began: time.Now()}
}}

// progress prints a line every ten seconds, and in the first minutes at every change.
type progress struct {
	parts
	began   time.Time
	last    string
	lastAt  time.Time
	offline bool
}

// Run prints until ctx ends.
func (p *progress) Run(ctx context.Context) error {
	tick := time.NewTicker(peekEvery)
	defer tick.Stop()
	for {
		p.peek(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// peek looks and prints when it is time. A look that fails is the business of /readyz and of the log.
func (p *progress) peek(ctx context.Context) {
	fresh := time.Since(p.began) < firstTime
	if !fresh && time.Since(p.lastAt) < lineEvery {
		return
	}
	status, err := Look(ctx, p.bus, p.store)
	if err != nil {
		return
	}
	line := progressLine(status)
	if line != p.last || time.Since(p.lastAt) >= lineEvery {
		p.cfg.say("%s  %s", time.Now().Format(time.TimeOnly), line)
		p.last, p.lastAt = line, time.Now()
	}
	p.tellOffline()
}

func progressLine(s Status) string {
	states, relays := s.Archive.States()
	batches, age := s.lag()
	line := fmt.Sprintf("found %d · relays %d (up %d, down %d, blocked %d, auth only %d, unchecked %d) · events %d · sightings %d",
		s.Archive.Candidates, relays, states["up"], states["down"]+states["dead"], states["blocked"], states["authonly"],
		states["unchecked"], s.Archive.Events, s.Archive.Sightings)
	if batches > 0 {
		line += fmt.Sprintf(" · %d batches to write, the oldest %s", batches, age)
	}
	if s.Dead > 0 {
		line += fmt.Sprintf(" · %d given up", s.Dead)
	}
	return line
}

// tellOffline says once that no relay can be reached at all.
func (p *progress) tellOffline() {
	good, bad, unreachable := tries()
	missing := good == 0 && unreachable >= offlineMin && unreachable*10 >= bad*9
	if missing && !p.offline {
		p.cfg.say("No network: none of %d relays can be reached, or not even their names be resolved. Everything stays up and "+
			"tries again; `bigbrotr demo` shows the system without a network.", int(bad))
	}
	if p.offline && good > 0 {
		p.cfg.say("The network is there: relays answer.")
	}
	p.offline = missing
}

// tries sums what became of validations in this process: successes, failures, and those that no packet came back from.
func tries() (good, bad, unreachable float64) {
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		return 0, 0, 0
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			n := m.GetCounter().GetValue()
			switch {
			case family.GetName() == "bigbrotr_validator_failures_total":
				bad += n
				if r := label(m, "reason"); r == "dns" || r == "unreachable" {
					unreachable += n
				}
			case family.GetName() == "bigbrotr_validator_tries_total" && label(m, "outcome") == "accepted":
				good += n
			}
		}
	}
	return good, bad, unreachable
}

func label(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// whereToLook prints how to look inside.
func (c Config) whereToLook(p Places) {
	c.say("NATS      nats --server %s sub 'brotr.event.1.>' --raw      (every note, once it is archived)", withoutPassword(p.NATS))
	c.say("          nats --server %s pub -J brotr.relay.found wss://relay.example", withoutPassword(p.NATS))
	if p.EmbeddedPostgres {
		c.say("Postgres  psql %s", shellQuote(p.Reader))
	}
	if address := c.API.Address(); address != "" {
		c.say("API       http://%s/", address)
	}
	if p.Ops != "" {
		c.say("Metrics   http://%s/metrics  /readyz  /livez", p.Ops)
	}
	c.say("Status    bigbrotr status --watch      (in another terminal)\n")
}

// withoutPassword is a URL that may be printed.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

func shellQuote(s string) string { return "'" + s + "'" }
