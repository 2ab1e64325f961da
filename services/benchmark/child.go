package benchmark

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	stopTime = 10 * time.Second // before a process is killed
	logTail  = 2000             // bytes of its log in an error
)

// child is one process of a run.
type child struct {
	name  string
	log   string
	cmd   *exec.Cmd
	stdin io.WriteCloser // its end tells the process to end
	done  chan struct{}
}

// start runs the binary. What it prints first, up to the end of the line, is returned when hello is asked for.
func start(ctx context.Context, binary, dir, name string, environ, args []string, hello bool) (*child, string, error) {
	c := &child{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	log, err := os.Create(c.log)
	if err != nil {
		return nil, "", fmt.Errorf("create the log of %s: %w", name, err)
	}
	defer log.Close()
	c.cmd = exec.Command(binary, args...)
	c.cmd.Env, c.cmd.Dir, c.cmd.Stderr = environ, dir, log
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", name, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("start %s: %w", name, err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", name, err)
	}
	line := make(chan string, 1)
	go c.watch(out, line)
	if !hello {
		return c, "", nil
	}
	select {
	case said := <-line:
		if said == "" {
			return c, "", c.failed("ended before it was ready")
		}
		return c, said, nil
	case <-ctx.Done():
		return c, "", ctx.Err()
	}
}

// watch reads what the process prints until it ends, and passes the first line on.
func (c *child) watch(out io.Reader, line chan<- string) {
	first, _ := bufio.NewReader(io.LimitReader(out, 4096)).ReadString('\n')
	line <- strings.TrimSpace(first)
	_, _ = io.Copy(io.Discard, out)
	_ = c.cmd.Wait()
	close(c.done)
}

// wait returns when the process has ended, an error when it did not end well.
func (c *child) wait(ctx context.Context) error {
	select {
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !c.cmd.ProcessState.Success() {
		return c.failed(c.cmd.ProcessState.String())
	}
	return nil
}

// stop ends the process, by force when it takes too long.
func (c *child) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	select {
	case <-c.done:
	case <-time.After(stopTime):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

func (c *child) failed(how string) error {
	text, _ := os.ReadFile(c.log)
	return fmt.Errorf("run %s: %s\n%s", c.name, how, text[max(0, len(text)-logTail):])
}
