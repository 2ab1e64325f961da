package main

import (
	"fmt"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
)

type configVerb struct {
	Print    configPrintVerb    `cmd:"" help:"Every setting, its value and where that came from; secrets are not shown."`
	Validate configValidateVerb `cmd:"" help:"Read the environment and the files that it names; report all that is wrong."`
}

type configPrintVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// printed is one setting as config print shows it.
type printed struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // environment, file or default
}

// Run prints the settings.
func (v *configPrintVerb) Run(e *env) error {
	if _, err := e.config(); err != nil {
		return err
	}
	var lines []string
	for _, setting := range standalone.Settings() {
		p := e.show(setting.Name, setting.Default, setting.Secret)
		if v.Output == "json" {
			if err := e.writeJSON(p); err != nil {
				return err
			}
		}
		lines = append(lines, p.Name+"\t"+p.Value+"\t"+p.Source)
	}
	if v.Output == "json" {
		return nil
	}
	return columns(e.stdout, lines...)
}

// show is one setting with its value; that of a secret is stars.
func (e *env) show(name, fallback string, secret bool) printed {
	p := printed{name, fallback, "default"}
	if value := e.environ[name]; value != "" {
		p = printed{name, strings.ReplaceAll(value, "\n", " "), "environment"}
	}
	if file := e.environ[name+"_FILE"]; secret && file != "" {
		p = printed{name, "***", "file " + file}
	}
	if secret && p.Value != "" {
		p.Value = "***"
	}
	return p
}

type configValidateVerb struct{}

// Run reports what is wrong.
func (v *configValidateVerb) Run(e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	if _, err := cfg.Network.Options(); err != nil {
		return exit(usage, err)
	}
	_, err = fmt.Fprintln(e.stderr, "The settings are valid.")
	return err
}
