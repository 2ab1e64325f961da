package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/monitor"
	"github.com/bigbrotr/bigbrotr-go/shared/geoip"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// geoDownload is the longest that fetching one database may take.
const geoDownload = 15 * time.Minute

type geoipVerb struct {
	Update geoipUpdateVerb `cmd:"" help:"Fetch databases that are missing or older than 30 days."`
}

type geoipUpdateVerb struct {
	Force  bool   `help:"Fetch whatever the age of the files."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// geoChange is what became of one database.
type geoChange struct {
	Database string `json:"database"`
	File     string `json:"file"`
	Verdict  string `json:"verdict"` // updated, fresh, unset or failed
	Reason   string `json:"reason,omitempty"`
}

// Run brings the databases up to date that the environment names, each on its own: one that fails does not keep the other
// from being fetched.
func (v *geoipUpdateVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	options, err := cfg.Network.Options()
	if err != nil {
		return exit(usage, err)
	}
	client := relay.NewDialer(options).HTTPClient()
	client.Timeout = geoDownload
	var changes []geoChange
	var failures []error
	for _, source := range geoSources(cfg.Monitor) {
		change, err := v.update(ctx, client, source)
		changes, failures = append(changes, change), append(failures, err)
	}
	if err := printGeo(e, v.Output, changes); err != nil {
		return err
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("%w\nsee: bigbrotr config print", err)
	}
	return nil
}

func geoSources(c monitor.Config) []geoip.Source {
	return []geoip.Source{
		{Kind: "City", Path: c.GeoCityDB, URL: c.GeoCityURL.Reveal(), Sum: c.GeoCitySHA256.Reveal()},
		{Kind: "ASN", Path: c.GeoASNDB, URL: c.GeoASNURL.Reveal(), Sum: c.GeoASNSHA256.Reveal()},
	}
}

// update says what became of one database. One that is named by nothing is not wanted; half a name is a mistake.
func (v *geoipUpdateVerb) update(ctx context.Context, client *http.Client, s geoip.Source) (geoChange, error) {
	change := geoChange{Database: s.Kind, File: s.Path}
	name := "MONITOR_GEO_" + strings.ToUpper(s.Kind)
	var err error
	switch {
	case s.Path == "" && s.URL == "":
		change.Verdict, change.Reason = "unset", fmt.Sprintf("set %s_DB and %s_URL", name, name)
	case s.Path == "":
		err = exit(usage, fmt.Errorf("update the %s database: %s_DB must be set, too", s.Kind, name))
	case !v.Force && !s.Due(time.Now()):
		change.Verdict = "fresh"
	case s.URL == "":
		err = exit(usage, fmt.Errorf("update the %s database: %s_URL must be set, too", s.Kind, name))
	default:
		change.Verdict = "updated"
		if err = geoip.Update(ctx, client, s); err != nil {
			err = fmt.Errorf("update the %s database: %w", s.Kind, err)
		}
	}
	if err != nil {
		change.Verdict, change.Reason = "failed", err.Error()
	}
	return change, err
}

func printGeo(e *env, output string, changes []geoChange) error {
	if output == "json" {
		return e.writeJSON(map[string][]geoChange{"databases": changes})
	}
	lines := []string{"DATABASE\tVERDICT\tFILE\tWHY"}
	for _, c := range changes {
		lines = append(lines, strings.Join([]string{c.Database, c.Verdict, c.File, c.Reason}, "\t"))
	}
	return columns(e.stdout, lines...)
}
