package pgd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// leftover is what Postgres says while backends of a killed postmaster still hold its shared memory.
const leftover = "is still in use"

// readyLine is the line of postmaster.pid that says whether connections are taken (PG 10 and later).
const readyLine = 8

// child is one postgres process.
type child struct {
	cmd   *exec.Cmd
	out   *lines
	done  chan struct{}
	err   error // of the process, valid after done
	asked atomic.Bool
}

// command prepares a program of the cluster: dropped to its user, in a process group of its own so that a terminal's
// Ctrl-C does not stop Postgres under the services that still use it, and without the environment of this process.
func (c *cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...)
	cmd.Dir = c.home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "LANG=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.as.credential()}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// launch runs Postgres until it takes connections, again while remains of a killed one are in the way.
func (c *cluster) launch(ctx context.Context, sockets string, settings map[string]string) (*child, error) {
	args := append([]string{"-D", c.data()}, c.flags(ctx, sockets, settings)...)
	for {
		p, err := c.run(ctx, args)
		if err == nil || p == nil || !strings.Contains(p.out.tail(), leftover) {
			return p, err
		}
		if !app.Sleep(ctx, 10*pollEvery) {
			return nil, fmt.Errorf("wait for the remains of a killed postgres: %w", ctx.Err())
		}
	}
}

// run starts one process and waits until it is ready, ended, or out of time; then it is stopped.
func (c *cluster) run(ctx context.Context, args []string) (*child, error) {
	p := &child{cmd: c.command(context.WithoutCancel(ctx), "postgres", args...), out: &lines{log: c.log}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	go p.wait()
	for !c.ready(p.cmd.Process.Pid) {
		select {
		case <-p.done:
			return p, fmt.Errorf("start postgres in %s: %w: %s", c.data(), p.err, app.Quote(p.out.tail()))
		case <-ctx.Done():
			p.stop()
			return nil, fmt.Errorf("wait for postgres in %s: %w", c.data(), ctx.Err())
		case <-time.After(pollEvery):
		}
	}
	return p, nil
}

func (p *child) wait() {
	p.err = p.cmd.Wait()
	if p.err == nil {
		p.err = errors.New("exit status 0")
	}
	close(p.done)
}

func (p *child) runs() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// failure is nil while the process runs and when it was asked to end.
func (p *child) failure() error {
	if p.runs() || p.asked.Load() {
		return nil
	}
	return fmt.Errorf("run postgres: it ended by itself: %w: %s", p.err, app.Quote(p.out.tail()))
}

// stop is a fast shutdown, then an immediate one, then the end; it returns when the process is gone.
func (p *child) stop() {
	p.asked.Store(true)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = p.cmd.Process.Signal(signal) // fails only when it has ended
		select {
		case <-p.done:
			return
		case <-time.After(stopTimeout):
		}
	}
}

// ready reads the status that the postmaster with this pid wrote for pg_ctl.
func (c *cluster) ready(pid int) bool {
	f, err := os.Open(filepath.Join(c.data(), pidFile))
	if err != nil {
		return false
	}
	defer f.Close()
	var fields []string
	for scan := bufio.NewScanner(f); scan.Scan() && len(fields) < readyLine; {
		fields = append(fields, strings.TrimSpace(scan.Text()))
	}
	return len(fields) == readyLine && fields[0] == fmt.Sprint(pid) && fields[readyLine-1] == "ready"
}
