package pgd

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeBin makes a directory whose postgres says a version; only the words it prints are made up.
func fakeBin(t *testing.T, root string, version string) string {
	t.Helper()
	dir := filepath.Join(root, version, "bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version)
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindTakesTheHighestVersion(t *testing.T) {
	root := t.TempDir()
	old := fakeBin(t, root, "9.6.24")
	fifteen, eighteen := fakeBin(t, root, "15.18"), fakeBin(t, root, "18.1")
	places := []string{filepath.Join(root, "*", "bin")}
	for _, c := range []struct {
		name, path string
		want       int
		dir        string
		version    int
	}{
		{"highest", "", 0, eighteen, 18},
		{"PATH first", fifteen, 0, fifteen, 15},
		{"PATH too old", old, 0, eighteen, 18},
		{"relative PATH", ".", 0, eighteen, 18},
		{"one version", eighteen, 15, fifteen, 15},
	} {
		dir, version, err := find(c.path, places, c.want)
		if err != nil || dir != c.dir || version != c.version {
			t.Errorf("%s: got %s %d %v, want %s %d", c.name, dir, version, err, c.dir, c.version)
		}
	}
}

func TestMissingBinariesNameTheCommand(t *testing.T) {
	root := t.TempDir()
	fakeBin(t, root, "14.2")
	_, _, err := find(t.TempDir(), []string{filepath.Join(root, "*", "bin")}, 0)
	if err == nil || !strings.Contains(err.Error(), "install postgresql") || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("got %v, want the command and the alternative", err)
	}
	_, _, err = find("", nil, 16)
	if err == nil || !strings.Contains(err.Error(), "Postgres 16") {
		t.Errorf("got %v, want the version named", err)
	}
	for dir, want := range map[string]string{
		t.TempDir():                       "initdb",
		"pg/bin":                          "not absolute",
		filepath.Join(root, "14.2/bin"):   "at least 15",
		fakeBin(t, root, "unknown words"): "unknown form",
	} {
		if _, _, err := Find(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", dir, err, want)
		}
	}
}

func TestFindOnThisMachine(t *testing.T) {
	dir, version, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	if again, same, err := Find(dir); err != nil || again != dir || same != version || version < MinVersion {
		t.Errorf("got %s %d %v for what was found as %s %d", again, same, err, dir, version)
	}
}

func TestClosedParentIsExplained(t *testing.T) {
	closed := t.TempDir()
	inside := filepath.Join(closed, "inside")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := identity{name: "postgres", uid: 54321, gid: 54321, drop: true}
	err := stranger.reach(inside)
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+closed) || !strings.Contains(err.Error(), "postgres") {
		t.Errorf("got %v, want the directory and the command", err)
	}
	if err := (identity{uid: 54321}).reach(inside); err != nil {
		t.Errorf("got %v for a process that is not root, want no check", err)
	}
}

func TestForeignDataIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	err := identity{uid: os.Geteuid() + 1}.own(dir)
	if err == nil || !strings.Contains(err.Error(), "belongs to user id") {
		t.Errorf("got %v, want the owner named", err)
	}
}

func TestLinesAreBoundedAndGraded(t *testing.T) {
	l := &lines{log: slog.New(slog.DiscardHandler)}
	for _, piece := range []string{"LOG:  one\nFATAL:  t", "wo\n", strings.Repeat("x", 3*maxLine), "y\nLOG:  last\n"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("got %d %v, want all taken", n, err)
		}
	}
	if got := l.tail(); got != "FATAL:  two" {
		t.Errorf("got %q, want the fatal line", got)
	}
	if got := len(l.last[2]); got != maxLine {
		t.Errorf("got a line of %d bytes, want %d", got, maxLine)
	}
	for i := range 3 * kept {
		fmt.Fprintf(l, "LOG:  %d\n", i)
	}
	if got := len(l.last); got != kept {
		t.Errorf("got %d lines kept, want %d", got, kept)
	}
	for line, want := range map[string]slog.Level{
		"PANIC:  x": slog.LevelError, "ERROR:  x": slog.LevelWarn, "WARNING:  x": slog.LevelWarn, "HINT:  x": slog.LevelDebug,
		"": slog.LevelDebug,
	} {
		if got := level(line); got != want {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
}

func TestMachineMemoryIsTheLesserOfMachineAndGroup(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	machine := file("meminfo", "MemTotal:       24576000 kB\nMemFree:         1000 kB\n")
	for _, c := range []struct {
		name, meminfo, limit string
		want                 int64
	}{
		{"machine", machine, filepath.Join(dir, "none"), 24576000 << 10},
		{"group without a limit", machine, file("max", "max\n"), 24576000 << 10},
		{"group with one", machine, file("limit", "1073741824\n"), 1 << 30},
		{"larger limit than the machine", machine, file("large", "1099511627776\n"), 24576000 << 10},
		{"neither", filepath.Join(dir, "none"), filepath.Join(dir, "none"), 2 << 30},
		{"something else", file("odd", "MemTotal: much\n"), file("odder", ""), 2 << 30},
	} {
		if got := machineMemory(c.meminfo, c.limit); got != c.want {
			t.Errorf("%s: got %d bytes, want %d", c.name, got, c.want)
		}
	}
}
