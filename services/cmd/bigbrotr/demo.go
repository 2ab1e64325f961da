package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

type demoVerb struct {
	Seed       uint64 `help:"Seed of the world; the same seed gives the same events." default:"1"`
	Events     int    `help:"Events of the world; two dense seconds come on top." default:"3000"`
	Port       int    `help:"First port of the relays; 0 = any free ports." default:"7700"`
	Listen     string `help:"Address that the relays listen on." default:"127.0.0.1"`
	Host       string `help:"Name under which the relays are reached, if it is not the address."`
	RelaysOnly bool   `help:"Only the relays: print their URLs and serve until a signal comes."`
	Truth      string `help:"Write what an archive must hold, a JSON line per relay, to FILE; - or nothing = stdout." placeholder:"FILE"`
	Exit       bool   `help:"End after the first round; exit code 6 when the archive is not as good as it can be."`
	Output     string `short:"o" help:"Form of the table: table or json." enum:"table,json" default:"table"`
}

// Run shows the whole system on a network of simulated relays.
func (v *demoVerb) Run(ctx context.Context, e *env) error {
	network, err := simrelay.Demo(simrelay.DemoConfig{Seed: v.Seed, Events: v.Events, BasePort: v.Port,
		Listen: v.Listen, Host: v.host()})
	if err != nil {
		return fmt.Errorf("%w; choose other ports with --port, or 0 for free ones", err)
	}
	defer network.Stop()
	if err := v.writeTruth(e, network); err != nil {
		return err
	}
	if v.RelaysOnly {
		return v.serve(ctx, e, network)
	}
	return v.whole(ctx, e, network)
}

// host is the name under which relays are reached that listen everywhere.
func (v *demoVerb) host() string {
	if v.Host == "" && v.Listen == "0.0.0.0" {
		return "127.0.0.1"
	}
	return v.Host
}

// serve keeps the relays up until a signal comes.
func (v *demoVerb) serve(ctx context.Context, e *env, network *simrelay.Network) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if v.Truth == "" {
		for _, url := range network.URLs() {
			fmt.Fprintln(e.stdout, url)
		}
	}
	fmt.Fprintf(e.stderr, "%d relays are up: %s\n", len(network.Members), network.World)
	<-ctx.Done()
	return nil
}

func (v *demoVerb) whole(ctx context.Context, e *env, network *simrelay.Network) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	matched := false
	demo := standalone.Demo{Network: network, Exit: v.Exit, Table: func(rows []standalone.DemoRow, done bool) {
		matched = done
		v.print(e, rows)
	}}
	fmt.Fprintf(e.stderr, "Demo: %d simulated relays, most of them with bad manners; %s\n", len(network.Members), network.World)
	log := app.NewLogger(cfg.App.LogLevel, cfg.App.LogFormat, e.stderr, isTerminal(e.stderr))
	if err := standalone.RunDemo(ctx, cfg, demo, log); err != nil {
		return err
	}
	if v.Exit && !matched {
		return exit(mismatch, fmt.Errorf("compare the archive with the relays: see the rows that are not ok"))
	}
	return nil
}

// config is that of the environment, in a directory and on ports of its own, and quiet.
func (v *demoVerb) config(e *env) (standalone.Config, error) {
	environ := maps.Clone(e.environ)
	for name, value := range map[string]string{
		"DATA_DIR": filepath.Join("data", "demo"), "LOG_LEVEL": "error",
		"NATS_LISTEN": freeOr("127.0.0.1:4222"), "OPS_LISTEN": freeOr("127.0.0.1:9090"),
		"API_LISTEN": freeOr("127.0.0.1:8080"),
	} {
		if environ[name] == "" {
			environ[name] = value
		}
	}
	own := &env{e.stdin, e.stdout, e.stderr, environ}
	cfg, err := own.config()
	cfg.Progress = e.stderr
	return cfg, err
}

// freeOr returns the address, or any free port when it is in use.
func freeOr(addr string) string {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "127.0.0.1:0"
	}
	l.Close()
	return addr
}

// print shows the table of the first round.
func (v *demoVerb) print(e *env, rows []standalone.DemoRow) {
	if v.Output == "json" {
		encoder := json.NewEncoder(e.stdout)
		for _, row := range rows {
			_ = encoder.Encode(row)
		}
		return
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RELAY\tMANNERS\tEXPECTED\tSERVED\tARCHIVED\tHOLES\tOUTCOME\tOK")
	var ok int
	for _, r := range rows {
		mark := "no"
		if r.OK {
			mark = "yes"
			ok++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", r.Name, r.Manners, joined(r.Expect, r.Why), r.Served, r.Archived,
			r.Holes, joined(r.Outcome, r.Reason), mark)
	}
	_ = w.Flush()
	fmt.Fprintf(e.stderr, "\n%d of %d relays are archived as well as they can be.\n", ok, len(rows))
	if !v.Exit {
		fmt.Fprintln(e.stderr, "New events trickle in from now on. Ctrl-C ends the demo; its archive stays in DATA_DIR.")
	}
}

func joined(word, why string) string {
	if why == "" {
		return word
	}
	return word + ": " + why
}
