package pgd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	pidFile    = "postmaster.pid"
	socketLine = 5 // of postmaster.pid
)

// clearOrphan stops the Postgres that a crashed process left running on this data. The caller holds the directory's
// lock, so it belongs to nobody alive.
func (c *cluster) clearOrphan(ctx context.Context) error {
	path := filepath.Join(c.data(), pidFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	fields := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil || pid <= 1 {
		return fmt.Errorf("read %s: no process id in it; remove the file if no Postgres runs on %s", path, c.data())
	}
	defer removeSockets(fields)
	args := arguments(pid)
	switch {
	case slices.Contains(args, c.data()):
		return c.end(ctx, pid)
	case args[0] != "" && filepath.Base(args[0]) != "postgres":
		// The id was given to another program, which would keep Postgres from starting for ever.
		return os.Remove(path)
	}
	return nil // nobody has it: Postgres itself deals with the file, and checks its shared memory too
}

// end stops a foreign postmaster as child.stop does our own, and waits until it is gone.
func (c *cluster) end(ctx context.Context, pid int) error {
	c.log.Warn("Postgres of a crashed process was found and stopped", app.PID, pid, app.Dir, c.data())
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop postgres %d: %w", pid, err)
		}
		limit, cancel := context.WithTimeout(ctx, stopTimeout)
		for arguments(pid)[0] != "" && app.Sleep(limit, pollEvery) {
		}
		cancel()
		if arguments(pid)[0] == "" {
			return nil
		}
	}
	return fmt.Errorf("stop postgres %d that a crashed process left on %s: it does not end", pid, c.data())
}

// arguments are those of a running process, and one empty string when it has ended, reaped or not. Where there is no
// /proc, ps is asked; paths with spaces are then taken apart, which errs on the side of not stopping anything.
func arguments(pid int) []string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err == nil {
		return strings.Split(string(line), "\x00")
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		return []string{""}
	}
	out, _ := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output() // fails when there is no such process
	return strings.Split(strings.TrimSpace(string(out)), " ")
}

// removeSockets removes the socket directory of the last run, if the pid file names one of ours.
func removeSockets(fields []string) {
	if len(fields) < socketLine {
		return
	}
	if dir := strings.TrimSpace(fields[socketLine-1]); strings.HasPrefix(filepath.Base(dir), socketPrefix) {
		os.RemoveAll(dir)
	}
}
