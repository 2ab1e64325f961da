package standalone

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/services/alerter"
	"github.com/bigbrotr/bigbrotr-go/services/api"
	"github.com/bigbrotr/bigbrotr-go/services/eraser"
	"github.com/bigbrotr/bigbrotr-go/services/finder"
	"github.com/bigbrotr/bigbrotr-go/services/initializer"
	"github.com/bigbrotr/bigbrotr-go/services/monitor"
	"github.com/bigbrotr/bigbrotr-go/services/publisher"
	"github.com/bigbrotr/bigbrotr-go/services/refresher"
	"github.com/bigbrotr/bigbrotr-go/services/synchronizer"
	"github.com/bigbrotr/bigbrotr-go/services/validator"
	"github.com/bigbrotr/bigbrotr-go/services/writer"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// chapter is one part of the reference.
type chapter struct {
	title    string
	settings []app.Setting
}

func chapters() []chapter {
	return []chapter{
		{"Every process", app.Settings[app.Config]()},
		{"Postgres", app.Settings[Database]()},
		{"NATS", app.Settings[NATS]()},
		{"Streams", app.Settings[Streams]()},
		{"The default run", app.Settings[struct {
			DataDir string `env:"DATA_DIR" envDefault:"./data" help:"directory of the embedded NATS server and of the private Postgres"`
			Archive string `env:"POSTGRES_ARCHIVE_DIR" help:"directory to which the private Postgres copies its WAL, for restores to any moment; empty = none is kept"`
		}]()},
		{"Networks and relays", app.Settings[netconf.Config]()},
		{"initializer", app.Settings[initializer.Config]()},
		{"finder", app.Settings[finder.Config]()},
		{"validator", app.Settings[validator.Config]()},
		{"monitor", app.Settings[monitor.Config]()},
		{"publisher", app.Settings[publisher.Config]()},
		{"alerter", app.Settings[alerter.Config]()},
		{"api", app.Settings[api.Config]()},
		{"synchronizer", app.Settings[synchronizer.Config]()},
		{"writer", app.Settings[writer.Config]()},
		{"eraser", app.Settings[eraser.Config]()},
		{"Retention", app.Settings[retention.Config]()},
		{"refresher", app.Settings[refresher.Config]()},
	}
}

func TestChaptersHoldEverySetting(t *testing.T) {
	in := map[string]app.Setting{}
	for _, c := range chapters() {
		for _, s := range c.settings {
			in[s.Name] = s
		}
	}
	for _, s := range Settings() {
		if in[s.Name] != s {
			t.Errorf("%s: got %+v in the reference, want %+v", s.Name, in[s.Name], s)
		}
		if s.Help == "" || strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s: got help %q, want a sentence without a full stop", s.Name, s.Help)
		}
		delete(in, s.Name)
	}
	for name := range in {
		t.Errorf("%s: got it in the reference, want it among the settings", name)
	}
}

func TestEnvExample(t *testing.T) { testkit.Golden(t, "../../.env.example", envExample(t)) }
func TestReferenceOfSettings(t *testing.T) {
	testkit.Golden(t, "../../docs/reference/settings.md", reference())
}

func reference() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nScalars come from the environment alone; an empty variable counts as unset. A secret may be given as the path of a\n" +
		"file in the variable with `_FILE` behind its name. `bigbrotr config print` shows each value and where it came from,\n" +
		"`bigbrotr config validate` everything that is wrong. This page is rendered from the code.\n")
	for _, c := range chapters() {
		fmt.Fprintf(&b, "\n## %s\n\n| variable | default | range | meaning |\n|---|---|---|---|\n", c.title)
		for _, s := range c.settings {
			help := s.Help
			if s.Secret {
				help += "; secret, also `" + s.Name + "_FILE`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, code(s.Default), code(s.Range), cell(help))
		}
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return "–"
	}
	return "`" + cell(s) + "`"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// ours divides .env.example: what stands above it belongs to docker-compose.yml and is written by hand.
const ours = "# The rest are the settings of the program.\n"

func envExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	above, _, found := strings.Cut(string(text), ours)
	if !found {
		t.Fatalf("got no line %q in .env.example, want it above the settings", strings.TrimSpace(ours))
	}
	var b strings.Builder
	b.WriteString(above + ours)
	for _, c := range chapters() {
		fmt.Fprintf(&b, "\n## %s\n", c.title)
		for _, s := range c.settings {
			limits := ""
			if s.Range != "" {
				limits = " (" + s.Range + ")"
			}
			fmt.Fprintf(&b, "\n# %s%s\n# %s=%s\n", s.Help, limits, s.Name, s.Default)
		}
	}
	return b.String()
}
