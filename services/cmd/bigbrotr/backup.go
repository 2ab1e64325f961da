package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type backupVerb struct {
	Take   backupTakeVerb   `cmd:"" help:"Copy the running cluster into a directory (pg_basebackup), and compare the copy with its sums."`
	Verify backupVerifyVerb `cmd:"" help:"Look whether a restored archive is whole."`
}

type backupTakeVerb struct {
	Dir string `arg:"" help:"Directory that is empty or does not exist."`
}

// Run copies the cluster of DATABASE_OWNER_URL, whose role must be allowed to.
func (v *backupTakeVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := pgd.BaseBackup(ctx, p.Owner, v.Dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stderr, "%s: copied and compared in %s\n", app.Quote(v.Dir), time.Since(began).Round(time.Second))
	return err
}

type backupVerifyVerb struct {
	Sample int    `help:"Events to hash again." default:"1000"`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// backupReport is the JSON of backup verify.
type backupReport struct {
	Good bool `json:"good"`
	store.Backup
	Lacks string `json:"lacks,omitempty"`
}

// Run looks at the archive of DATABASE_URL.
func (v *backupVerifyVerb) Run(ctx context.Context, e *env) error {
	return onStore(ctx, e, func(s *store.Store) error {
		b, err := s.CheckBackup(ctx, v.Sample)
		if err != nil {
			return err
		}
		if err := v.print(e, b); err != nil {
			return err
		}
		if !b.Good() {
			return exit(mismatch, fmt.Errorf("the archive is not whole"))
		}
		return nil
	})
}

func (v *backupVerifyVerb) print(e *env, b store.Backup) error {
	lacks := ""
	if b.Missing != nil {
		lacks = b.Missing.Error()
	}
	if v.Output == "json" {
		return e.writeJSON(backupReport{b.Good(), b, lacks})
	}
	line := func(good bool, format string, args ...any) string {
		word := "ok"
		if !good {
			word = "WRONG"
		}
		return word + "\t" + fmt.Sprintf(format, args...)
	}
	if lacks == "" {
		lacks = "tables, columns, functions, roles and grants are there"
	}
	return columns(e.stdout,
		line(b.Schema == b.WantedSchema, "schema %d, this build has %d", b.Schema, b.WantedSchema),
		line(!b.Recovering, "recovery is over: %t", !b.Recovering),
		line(b.Missing == nil, "%s", lacks),
		line(b.WrongOwner == 0, "%d objects of another owner", b.WrongOwner),
		line(b.Coverage == 0, "%d intervals of relays or filters that are gone", b.Coverage),
		line(b.Returned == 0, "%d tombstones whose events are back", b.Returned),
		line(b.Damaged == 0, "%d of %d events differ from their id or signature", b.Damaged, b.Events),
		line(b.Orphans == 0, "%d of %d sightings without event or relay", b.Orphans, b.Sightings))
}
