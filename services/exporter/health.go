package exporter

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// states writes what relays are now, each time.
func (t *tables) states(ctx context.Context) error {
	return whole(t, dump.TableStates, []string{"relay", "vantage"}, func(write func(dump.StateRow, int) error) error {
		return t.x.store.States(ctx, func(s store.StateRow) error {
			return write(dump.StateRow{Relay: s.Relay, Vantage: s.Vantage, State: s.State, StateSince: s.Since, Failures: s.Failures,
				FailingSince: s.FailingSince, CheckedAt: s.CheckedAt, NextCheckAt: s.NextAt}, len(s.Relay)+80)
		})
	})
}

// transitions writes the history of states, each time: the last row of each lasts longer without a new one.
func (t *tables) transitions(ctx context.Context) error {
	return whole(t, dump.TableTransitions, []string{"relay", "vantage", "at"}, func(write func(dump.TransitionRow, int) error) error {
		return t.x.store.Transitions(ctx, func(r store.TransitionRow) error {
			return write(dump.TransitionRow{Relay: r.Relay, Vantage: r.Vantage, At: r.At, State: r.State, Failing: r.Failing,
				Reason: r.Reason, SeenAt: r.SeenAt, SeenUntil: r.SeenUntil}, len(r.Relay)+80)
		})
	})
}

// documents writes the history of every document, each time: versions last longer without a new row.
func (t *tables) documents(ctx context.Context) error {
	return whole(t, dump.TableDocuments, []string{"relay", "vantage", "type", "first_seen"}, func(write func(dump.DocumentRow, int) error) error {
		return t.x.store.DocumentVersions(ctx, func(d store.DocumentRow) error {
			return write(dump.DocumentRow{Relay: d.Relay, Vantage: d.Vantage, Type: d.Type, FirstSeen: d.First, LastSeen: d.Last,
				SHA256: [32]byte(d.SHA256), Body: bytes.Clone(d.Body)}, len(d.Relay)+len(d.Body)+80)
		})
	})
}

// coverage writes what is proven, if the dump holds all of the events that a proof speaks of. It comes before the events are
// read, so that it never runs ahead of them.
func (t *tables) coverage(ctx context.Context) error {
	if t.closedOnly || t.sel.Shown || !reflect.DeepEqual(roundTrip(filterOf(t.sel)), dump.Filter{}) {
		return nil
	}
	file, err := write(t, dump.TableCoverage, []string{"relay", "filter", "proof", "walked_on", "since"}, func(write func(dump.CoverageRow, int) error) error {
		return t.x.store.Proven(ctx, func(c store.CoverageRow) error {
			return write(dump.CoverageRow{Relay: c.Relay, Filter: c.Filter, Proof: int32(c.Proof), WalkedOn: c.WalkedOn.Unix(),
				Since: c.Since, Until: c.Until}, len(c.Relay)+len(c.Filter)+40)
		})
	})
	t.proven = &file
	return err
}

// noteCoverage adds coverage to a dump unless rows of events had to be left out.
func (t *tables) noteCoverage() error {
	if t.proven == nil {
		return nil
	}
	for _, file := range t.m.Files {
		if file.Events != nil && file.Events.LeftOut > 0 {
			if err := os.Remove(filepath.Join(t.dir, t.proven.Path)); err != nil {
				return fmt.Errorf("remove coverage without its events: %w", err)
			}
			return nil
		}
	}
	return t.note(*t.proven)
}
