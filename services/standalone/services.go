package standalone

import (
	"fmt"
	"slices"
	"strings"

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
)

// All is the name that stands for every service.
const All = "all"

// recipes is the table of services, in the order in which a relay's data flows.
var recipes = []recipe{
	{name: "initializer", dsn: reading, first: true, build: func(p parts) app.Service {
		p.cfg.Initializer.OwnerURL, p.cfg.Initializer.Bounds = app.NewSecret(p.places.Owner), p.bounds
		p.cfg.Initializer.Vantage = p.cfg.Network.Vantage
		return initializer.New(p.cfg.Initializer, p.options, p.bus, p.store, p.log)
	}},
	{name: "finder", dsn: reading, dials: true, build: func(p parts) app.Service {
		return finder.New(p.cfg.Finder, p.cfg.Network, p.options, p.bus, p.store, p.log)
	}},
	{name: "validator", dials: true, build: func(p parts) app.Service {
		return validator.New(p.cfg.Validator, p.cfg.Network, p.options, p.bus, p.log)
	}},
	{name: "monitor", dsn: reading, dials: true, build: func(p parts) app.Service {
		return monitor.New(p.cfg.Monitor, p.cfg.Network, p.options, p.bus, p.store, p.log)
	}},
	{name: "synchronizer", dsn: reading, dials: true, build: func(p parts) app.Service {
		return synchronizer.New(p.cfg.Synchronizer, p.cfg.Network, p.options, p.gate, p.bus, p.store, p.log)
	}},
	{name: "writer", dsn: writing, conns: writerConns, build: func(p parts) app.Service {
		p.cfg.Writer.Retention = p.cfg.Retention
		return writer.New(p.cfg.Writer, p.bus, p.store, p.log)
	}},
	{name: "refresher", dsn: maintaining, conns: refresherConns, timeout: refresherTimeout, build: func(p parts) app.Service {
		return refresher.New(p.cfg.Refresher, p.bus, p.store, p.log)
	}},
	{name: "publisher", dsn: reading, dials: true, build: func(p parts) app.Service {
		return publisher.New(p.cfg.Publisher, p.cfg.Self(), p.cfg.Network, p.options, p.bus, p.store, p.log)
	}},
	{name: "alerter", dsn: reading, dials: true, build: func(p parts) app.Service {
		return alerter.New(p.cfg.Alerter, p.cfg.Network, p.options, p.bus, p.store, p.log)
	}},
	{name: "api", dsn: reading, conns: apiConns, timeout: apiTimeout, build: func(p parts) app.Service {
		monitor, _, _ := p.cfg.Publisher.Author(p.cfg.Self()) // zero, if there is none
		return api.New(p.cfg.API, monitor, p.bus, p.store, p.log)
	}},
	{name: "eraser", dsn: erasing, build: func(p parts) app.Service {
		p.cfg.Eraser.Retention = p.cfg.Retention
		return eraser.New(p.cfg.Eraser, p.bus, p.store, p.log)
	}},
}

// Names lists the services that Run knows.
func Names() []string {
	var names []string
	for _, r := range recipes {
		names = append(names, r.name)
	}
	return names
}

// choose returns the recipes of the named services, each once, in the order of the table.
func choose(names []string) ([]recipe, error) {
	for _, name := range names {
		if name != All && !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("run %s: there is no such service; there are %s and %s", app.Quote(name),
				strings.Join(Names(), ", "), All)
		}
	}
	var chosen []recipe
	for _, r := range recipes {
		if slices.Contains(names, r.name) || slices.Contains(names, All) {
			chosen = append(chosen, r)
		}
	}
	return chosen, nil
}
