package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Manifest is the name of the manifest of a directory.
const Manifest = "manifest.json"

// Tables writes the archive into a directory as Parquet: events and sightings by the month of created_at, checks by the
// month of the check, and relays with their states, transitions, documents and coverage. A directory that was written before is brought up to date: a month is written again only
// if events of it were added or removed. closedOnly leaves out the present month and what is dated later.
func (x *Exporter) Tables(ctx context.Context, sel store.Selection, dir string, closedOnly, again bool) (*dump.Manifest, error) {
	x.begin()
	t, err := x.tables(ctx, sel, dir, again)
	if err != nil {
		return nil, err
	}
	t.closedOnly = closedOnly
	for _, step := range []func(context.Context) error{t.coverage, t.events, t.checks, t.relays, t.states, t.transitions, t.documents} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return t.m, t.end()
}

// tables is one turn at a directory.
type tables struct {
	x          *Exporter
	sel        store.Selection
	dir        string
	closedOnly bool
	now        time.Time
	m          *dump.Manifest
	old        map[string]dump.File // by path, of the manifest that lay there
	proven     *dump.File           // coverage, which is noted only if every event could be written
}

func (x *Exporter) tables(ctx context.Context, sel store.Selection, dir string, again bool) (*tables, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of an export: %w", err)
	}
	t := &tables{x: x, sel: sel, dir: dir, now: time.Now(), old: map[string]dump.File{}}
	old, err := dump.ReadManifest(filepath.Join(dir, Manifest))
	switch {
	case errors.Is(err, fs.ErrNotExist) || again:
	case err != nil:
		return nil, err
	case !(&draft{Manifest: *old}).fits(sel) || old.Kind != "parquet":
		return nil, fmt.Errorf("export to %s: %w", dir, ErrOther)
	default:
		for _, file := range old.Files {
			t.old[file.Path] = file
		}
	}
	m, err := x.start(ctx, "parquet", sel)
	t.m = &m
	return t, err
}

// keep takes a file over as it is, if it is there.
func (t *tables) keep(path string) bool {
	file, known := t.old[path]
	info, err := os.Stat(filepath.Join(t.dir, filepath.FromSlash(path)))
	if !known || err != nil || info.Size() != file.Bytes {
		return false
	}
	t.m.Files = append(t.m.Files, file)
	return true
}

// note adds files that were written, and has the manifest say so at once: an interrupted export goes on after them.
func (t *tables) note(files ...dump.File) error {
	for _, file := range files {
		t.m.Files = append(slices.DeleteFunc(t.m.Files, func(f dump.File) bool { return f.Path == file.Path }), file)
	}
	draft := *t.m
	for path, file := range t.old {
		if !slices.ContainsFunc(t.m.Files, func(f dump.File) bool { return f.Path == path }) {
			draft.Files = append(draft.Files, file)
		}
	}
	return draft.Write(filepath.Join(t.dir, Manifest))
}

// end completes the manifest and removes files that it does not name any more.
func (t *tables) end() error {
	if err := t.noteCoverage(); err != nil {
		return err
	}
	slices.SortFunc(t.m.Files, func(a, b dump.File) int { return cmp.Compare(a.Path, b.Path) })
	t.m.EndedAt = time.Now().UTC().Truncate(time.Second)
	t.m.Events = dump.Events{}
	for _, file := range t.m.Files {
		if file.Events != nil {
			t.m.Events.Merge(*file.Events)
		}
		delete(t.old, file.Path)
	}
	if err := t.m.Write(filepath.Join(t.dir, Manifest)); err != nil {
		return err
	}
	for path := range t.old {
		if err := os.Remove(filepath.Join(t.dir, filepath.FromSlash(path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what is not exported any more: %w", err)
		}
	}
	return nil
}

// relays writes the table of relays, each time.
func (t *tables) relays(ctx context.Context) error {
	return whole(t, dump.TableRelays, []string{"url"}, func(write func(dump.RelayRow, int) error) error {
		return t.x.store.Relays(ctx, func(r store.RelayRow) error {
			return write(dump.RelayRow{URL: r.URL, Network: r.Network, AcceptedAt: r.AcceptedAt, FoundAt: r.FoundAt}, len(r.URL)+32)
		})
	})
}

// whole writes and notes a table that is one file.
func whole[T any](t *tables, table string, order []string, rows func(write func(T, int) error) error) error {
	file, err := write(t, table, order, rows)
	if err != nil {
		return err
	}
	return t.note(file)
}

// write writes a table that is one file.
func write[T any](t *tables, name string, order []string, rows func(write func(T, int) error) error) (dump.File, error) {
	path := name + ".parquet"
	table, err := dump.CreateTable[T](filepath.Join(t.dir, path), order...)
	if err != nil {
		return dump.File{}, err
	}
	defer table.Close()
	if err := rows(func(row T, size int) error { return table.Write([]T{row}, size) }); err != nil {
		return dump.File{}, err
	}
	file, err := table.Finish()
	return named(file, path, name, ""), err
}

// checks writes the months of checks that have grown. Retention removes old ones from the archive, not from here.
func (t *tables) checks(ctx context.Context) error {
	for path, file := range t.old {
		if file.Table == dump.TableChecks && file.Month != monthOf(t.now.Unix(), t.now).name {
			t.keep(path)
		}
	}
	return walk(t.now, func(m month) (store.Stretch, error) { return t.x.store.ChecksIn(ctx, m.Interval) },
		func(m month, found store.Stretch) error {
			path := tablePath(dump.TableChecks, m)
			if t.closedOnly && !m.closed || t.old[path].Rows >= found.Count && t.has(path) {
				return nil
			}
			return t.writeChecks(ctx, m, path)
		})
}

func (t *tables) has(path string) bool {
	return slices.ContainsFunc(t.m.Files, func(f dump.File) bool { return f.Path == path })
}

func (t *tables) writeChecks(ctx context.Context, m month, path string) error {
	table, err := dump.CreateTable[dump.CheckRow](filepath.Join(t.dir, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	defer table.Close()
	err = t.x.store.Checks(ctx, m.Interval, func(c store.CheckRow) error {
		return table.Write([]dump.CheckRow{{Relay: c.Relay, Vantage: c.Vantage, CheckedAt: c.CheckedAt, Check: c.Check, OK: c.OK,
			RTT: c.RTT, Reason: c.Reason, Text: c.Text, DNS: c.DNS, TCP: c.TCP, TLS: c.TLS, Upgrade: c.Upgrade,
			Value: c.Value, Degraded: c.Degraded}}, len(c.Relay)+len(c.Text)+64)
	})
	if err != nil {
		return err
	}
	file, err := table.Finish()
	if err != nil {
		return err
	}
	return t.note(named(file, path, dump.TableChecks, m.name))
}

func tablePath(table string, m month) string { return table + "/" + m.name + ".parquet" }

func named(file dump.File, path, table, month string) dump.File {
	file.Path, file.Table, file.Month = path, table, month
	return file
}
