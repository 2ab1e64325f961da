package standalone_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// process is one program under test. It may be killed and started again.
type process struct {
	name string
	path string
	args []string
	env  []string
	log  string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	err  error
	peak int // kB of memory, over all its lives
}

// build compiles a main package once per test process.
func build(t *testing.T, pkg string) string {
	t.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if path, ok := binaries.paths[pkg]; ok {
		return path
	}
	path := filepath.Join(binaries.dir, filepath.Base(pkg))
	args := []string{"build", "-o", path}
	if event.Engine == "libsecp256k1" {
		args = append(args, "-tags", "libsecp256k1")
	}
	if out, err := exec.Command("go", append(args, pkg)...).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	binaries.paths[pkg] = path
	return path
}

var binaries = struct {
	sync.Mutex
	dir   string
	paths map[string]string
}{paths: map[string]string{}}

func (p *process) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	done := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.done = cmd, done
	p.mu.Unlock()
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
}

// signal sends a signal to the process and says whether it was alive to get it.
func (p *process) signal(s syscall.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return false
	}
	p.peak = max(p.peak, memory(p.cmd.Process.Pid))
	return p.cmd.Process.Signal(s) == nil
}

// wait returns the exit code, -1 when the process was killed or does not end in time.
func (p *process) wait(limit time.Duration) int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		return -1
	}
}

// stop ends the process, by force if it must.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	p.signal(syscall.SIGTERM)
	if p.wait(25*time.Second) == -1 {
		p.signal(syscall.SIGKILL)
		p.wait(5 * time.Second)
	}
}

// memory reads the peak of a process's resident memory in kB; 0 when it is gone.
func memory(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return kb
		}
	}
	return 0
}

// tail returns the end of the process's log.
func (p *process) tail(lines int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
