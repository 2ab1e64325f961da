package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const oldestPostgres = 15

// postgresFindings looks at the database as each role.
func postgresFindings(ctx context.Context, p *patient) []finding {
	if p.places.Reader == "" {
		return nil
	}
	s, err := dialStore(ctx, p.places.Reader)
	if err != nil {
		return []finding{{"postgres", broken, err.Error(), "start it, or set DATABASE_URL to where it is; bigbrotr run all brings its own"}}
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	server, err := s.Server(ctx)
	if err != nil {
		return []finding{{"postgres", broken, err.Error(), "look into its log"}}
	}
	return []finding{versionFinding(server), fsyncFinding(server), roleFinding(server), schemaFinding(ctx, s), writerFinding(ctx, p)}
}

func versionFinding(server store.Server) finding {
	text := fmt.Sprintf("version %d.%d answers to %s", server.Version/10000, server.Version%10000, server.User)
	if server.Version/10000 < oldestPostgres {
		return finding{"postgres", broken, text, fmt.Sprintf("upgrade it to %d or later", oldestPostgres)}
	}
	return finding{"postgres", fine, text, ""}
}

func fsyncFinding(server store.Server) finding {
	text := fmt.Sprintf("fsync %s; synchronous_commit %s, and on in every transaction of the writer", server.Fsync,
		server.SynchronousCommit)
	if server.Fsync != "on" {
		return finding{"postgres sync", broken, text, "ALTER SYSTEM SET fsync = on, and restart: a power cut damages the archive otherwise"}
	}
	return finding{"postgres sync", fine, text, ""}
}

func roleFinding(server store.Server) finding {
	if len(server.Roles) < 2 {
		return finding{"roles", broken, "there are only " + strings.Join(server.Roles, ", "), "bigbrotr migrate"}
	}
	return finding{"roles", fine, strings.Join(server.Roles, " and ") + " exist", ""}
}

func schemaFinding(ctx context.Context, s *store.Store) finding {
	if err := s.VerifySchema(ctx); err != nil {
		return finding{"schema", broken, err.Error(), "bigbrotr migrate"}
	}
	return finding{"schema", fine, "every table, view, function and grant is there", ""}
}

// writerFinding connects as the role that writes.
func writerFinding(ctx context.Context, p *patient) finding {
	s, err := dialStore(ctx, p.places.Writer)
	if err != nil {
		return finding{"postgres writer", broken, err.Error(), "give DATABASE_URL a role that exists and its password"}
	}
	s.Close()
	return finding{"postgres writer", fine, "DATABASE_URL connects", ""}
}
