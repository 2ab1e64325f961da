package standalone_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// guide is a page of the documentation whose command lines a test runs.
type guide struct {
	t       *testing.T
	lines   []string
	refused []string // lines that must fail
	used    map[string]bool
}

// readGuide takes the lines of every fenced block marked bash.
func readGuide(t *testing.T, path string) *guide {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{t: t, used: map[string]bool{}}
	fence := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```") && fence == "":
			fence = line
		case strings.HasPrefix(line, "```"):
			fence = ""
		case fence == "```bash":
			g.lines = append(g.lines, line)
		case fence == "```bash refused":
			g.refused = append(g.refused, line)
		}
	}
	return g
}

// take returns the one line that holds a text.
func (g *guide) take(text string) string {
	g.t.Helper()
	found := ""
	for _, line := range g.lines {
		if strings.Contains(line, text) {
			if found != "" {
				g.t.Fatalf("%q stands in two lines: %q and %q", text, found, line)
			}
			found = line
		}
	}
	if found == "" {
		g.t.Fatalf("no line of the page holds %q", text)
	}
	g.used[found] = true
	return found
}

// finish fails for lines that were never run.
func (g *guide) finish() {
	g.t.Helper()
	for _, line := range g.lines {
		if !g.used[line] {
			g.t.Errorf("a line of the page was not run: %s", line)
		}
	}
}

// shell runs command lines with the nats command as the user tool, in a directory of its own.
type shell struct {
	t       *testing.T
	dir     string
	env     []string
	replace *strings.Replacer // what stands in the page → what is there
}

func (c *cluster) shell(replace ...string) *shell {
	c.t.Helper()
	dir := c.t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Symlink(natsCLI(c.t), filepath.Join(bin, "nats")); err != nil {
		c.t.Fatal(err)
	}
	return &shell{t: c.t, dir: dir, replace: strings.NewReplacer(replace...), env: []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CACHE_HOME=" + dir,
		"NATS_URL=nats://" + c.addr, "NATS_USER=tool", "NATS_PASSWORD=" + toolPassword, "NO_COLOR=1",
	}}
}

// natsCLI is $NATS_CLI, bin/nats of the repository, or the machine's own.
func natsCLI(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("NATS_CLI"); path != "" {
		return path
	}
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "nats"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		path, err = exec.LookPath("nats")
	}
	if err != nil {
		t.Fatal("the nats command is missing; make test installs it")
	}
	return path
}

func (s *shell) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shell) command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", s.replace.Replace(line))
	cmd.Dir, cmd.Env = s.dir, s.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// try runs a line and returns what it printed and whether it succeeded.
func (s *shell) try(line string) (stdout, stderr string, ok bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, line)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		s.t.Errorf("%s: %v %v\n%s%s", line, err, ctx.Err(), &out, &complaints)
	}
	return out.String(), complaints.String(), err == nil
}

// run is try for a line that must succeed.
func (s *shell) run(line string) string {
	s.t.Helper()
	out, complaints, ok := s.try(line)
	if !ok {
		s.t.Fatalf("%s failed:\n%s%s", s.replace.Replace(line), out, complaints)
	}
	return out
}

// follower reads what a command prints while it runs.
type follower struct {
	mu    sync.Mutex
	lines []string
	stop  func()
}

// follow starts a line that runs until stop, and hands each line it prints to check at once.
func (s *shell) follow(line string, check func(string)) *follower {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := s.command(ctx, line)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatalf("%s: %v", line, err)
	}
	f, done := &follower{}, make(chan struct{})
	go func() {
		defer close(done)
		for scanner := bufio.NewReader(out); ; {
			text, err := scanner.ReadString('\n')
			if err != nil {
				return
			}
			f.mu.Lock()
			f.lines = append(f.lines, strings.TrimSpace(text))
			f.mu.Unlock()
			check(strings.TrimSpace(text))
		}
	}()
	f.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		_ = cmd.Wait() // it was killed
	})
	s.t.Cleanup(f.stop)
	return f
}

func (f *follower) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.lines...)
}
