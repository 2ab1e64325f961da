package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type relayHistoryVerb struct {
	Relay   string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
	Type    string `help:"Document: nip11, nip11_answer, read, write, auth, http, tls, dns, geo, net, capabilities." default:"nip11" enum:"nip11,nip11_answer,read,write,auth,http,tls,dns,geo,net,capabilities"`
	Vantage string `help:"Only what was seen from there."`
	Limit   int    `help:"Versions at most, the newest." default:"100"`
	Body    bool   `help:"Print the documents, too."`
	Output  string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// relayVersion is one version of a document. Patch makes it out of the version before from the same vantage; null for the
// first, and where one of both is not JSON, as Problem says.
type relayVersion struct {
	Vantage   string          `json:"vantage"`
	Type      string          `json:"type"`
	FirstSeen *time.Time      `json:"first_seen"`
	LastSeen  *time.Time      `json:"last_seen"`
	SHA256    string          `json:"sha256"`
	Bytes     int             `json:"bytes"`
	Patch     json.RawMessage `json:"patch"`
	Problem   string          `json:"problem,omitempty"`
	Body      string          `json:"body,omitempty"`
}

// Run prints the versions of a document of a relay, the newest first, and what changed.
func (v *relayHistoryVerb) Run(ctx context.Context, e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	if v.Limit < 1 || v.Limit > 1000 {
		return exit(usage, fmt.Errorf("--limit: got %d, want 1..1000", v.Limit))
	}
	return onStore(ctx, e, func(s *store.Store) error {
		found, err := s.History(ctx, string(url), v.Type, v.Limit+1)
		if err != nil {
			return exit(unreachable, err)
		}
		versions := relayVersions(found, v.Vantage, v.Body)
		versions = versions[:min(len(versions), v.Limit)]
		if len(versions) == 0 {
			return exit(notFound, fmt.Errorf("show the history of %s: it has no document %s; what is known of it: bigbrotr relay show %[1]s", url, v.Type))
		}
		if v.Output == "json" {
			return e.writeJSON(versions)
		}
		return columns(e.stdout, versionLines(versions)...)
	})
}

// relayVersions compares each version with the one before from the same vantage, which comes later in the list.
func relayVersions(found []store.Version, vantage string, bodies bool) []relayVersion {
	out := []relayVersion{}
	for i, v := range found {
		if vantage != "" && v.Vantage != vantage {
			continue
		}
		one := relayVersion{Vantage: v.Vantage, Type: v.Type, FirstSeen: view.Time(v.FirstSeen), LastSeen: view.Time(v.LastSeen),
			SHA256: hex.EncodeToString(v.SHA256), Bytes: len(v.Body)}
		for _, before := range found[i+1:] {
			if before.Vantage == v.Vantage {
				one.compare(before.Body, v.Body)
				break
			}
		}
		if bodies {
			one.Body = string(v.Body)
		}
		out = append(out, one)
	}
	return out
}

func (v *relayVersion) compare(before, after []byte) {
	patch, err := document.Patch(before, after)
	if err != nil {
		v.Problem = "not comparable: one of both versions is not JSON"
		return
	}
	v.Patch = patch
}

// versionLines prints each version and its operations.
func versionLines(versions []relayVersion) (lines []string) {
	for _, v := range versions {
		lines = append(lines, fmt.Sprintf("%s … %s\t%s\t%.16s, %d bytes (%s)", v.FirstSeen.Format(time.RFC3339), v.LastSeen.Format(time.RFC3339),
			v.Type, v.SHA256, v.Bytes, v.Vantage))
		if v.Problem != "" {
			lines = append(lines, "\t\t"+v.Problem)
		}
		var patch []struct {
			Op, Path string
			Value    json.RawMessage
		}
		if json.Unmarshal(v.Patch, &patch) == nil {
			for _, p := range patch {
				lines = append(lines, fmt.Sprintf("\t%s\t%s %s", p.Op, app.Quote(p.Path), app.Quote(string(p.Value))))
			}
		}
		if v.Body != "" {
			lines = append(lines, "\t\t"+app.Quote(v.Body))
		}
	}
	return lines
}
