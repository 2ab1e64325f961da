package synchronizer

import (
	"log/slog"

	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
)

func gate(cfg netconf.Config, b *bus.Bus, log *slog.Logger) *budget.Gate {
	return budget.New(cfg, b, log)
}
