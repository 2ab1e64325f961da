package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os/signal"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Results of one examination.
const (
	fine       = "ok"
	doubtful   = "warning"
	broken     = "failed"
	unverified = "unverified"
)

// finding is what one examination came to. Mend is the line that puts it right.
type finding struct {
	What   string `json:"what"`
	Result string `json:"result"`
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"`
}

type doctorVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// patient is what is examined.
type patient struct {
	cfg    standalone.Config
	places standalone.Places
}

// examinations is the table of what doctor looks at.
var examinations = []func(context.Context, *patient) []finding{postgresFindings, natsFindings, diskFindings, proxyFindings,
	keyFindings, clockFindings}

// Run looks at every dependency. The exit code is 5 when something cannot be reached or is broken.
func (v *doctorVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := e.config()
	if err != nil {
		return err
	}
	places, err := standalone.Find(cfg)
	if err == nil {
		err = places.Lacks(true, true)
	}
	findings := []finding{{"settings", fine, "the environment is valid", ""}}
	if err != nil {
		findings = append(findings, finding{"servers", broken, err.Error(), "bigbrotr run all"})
	}
	p := &patient{cfg, places}
	for _, examine := range examinations {
		findings = append(findings, examine(ctx, p)...)
	}
	return v.print(e, findings)
}

func (v *doctorVerb) print(e *env, findings []finding) error {
	sick := false
	colours := map[string]string{fine: green, doubtful: yellow, unverified: yellow, broken: red}
	for _, f := range findings {
		sick = sick || f.Result == broken
		if v.Output == "json" {
			if err := e.writeJSON(f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(e.stdout, "%s  %s: %s\n", e.colour(colours[f.Result], fmt.Sprintf("%-10s", f.Result)), f.What, f.Text)
		if f.Mend != "" && f.Result != fine {
			fmt.Fprintf(e.stdout, "            mend it: %s\n", f.Mend)
		}
	}
	if sick {
		return exit(unreachable, nil)
	}
	return nil
}

// proxyFindings tries to reach the proxy of each overlay network that is on.
func proxyFindings(ctx context.Context, p *patient) (found []finding) {
	for _, network := range relay.Networks() {
		proxy := p.cfg.Network.Limits(network).Proxy
		if network == relay.Clearnet || proxy == "" {
			continue
		}
		what := "proxy of " + string(network)
		u, err := url.Parse(proxy)
		if err != nil {
			found = append(found, finding{what, broken, "its address is no URL", "set it to socks5h://host:port"})
			continue
		}
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			found = append(found, finding{what, broken, err.Error(), "start it, or unset the variable: its relays are left alone then"})
			continue
		}
		conn.Close()
		found = append(found, finding{what, fine, u.Host + " answers", ""})
	}
	return found
}

// keyFindings says what is signed with what.
func keyFindings(_ context.Context, p *patient) []finding {
	if p.cfg.Monitor.PrivateKey.IsZero() {
		return []finding{{"monitor key", fine, "none: the write check signs with a new key in every process", ""}}
	}
	return []finding{{"monitor key", fine, "it is valid", ""}} // settings are checked before
}

// clockFindings compares our clock with a date that cannot be in the future of a right one.
func clockFindings(context.Context, *patient) []finding {
	oldest := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if now := time.Now(); now.Before(oldest) {
		return []finding{{"clock", broken, "it says " + instant(now) + ", which is past", "sudo timedatectl set-ntp true"}}
	}
	return []finding{{"clock", fine, instant(time.Now()), ""}}
}
