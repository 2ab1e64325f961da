package standalone_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestPauseStopsDiallingEverywhere pauses all processes in the middle of the walk with the command line, looks at the
// relays' sockets, and resumes: everything that the relays serve is archived in the end.
func TestPauseStopsDiallingEverywhere(t *testing.T) {
	c := launch(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 2, "writer": 1}, simrelay.DemoConfig{Seed: 5, Events: 2000})
	c.inject(c.network.URLs())
	c.waitFor("the first pages", time.Minute, func() bool {
		return len(testkit.Rows[reason](t, c.owner, "SELECT url FROM coverage JOIN relay USING (relay_no)")) > 3
	})
	if c.sockets() == 0 {
		t.Error("no relay had a connection when the pause came: the test proves nothing")
	}
	c.command("pause", "-o", "json")
	c.waitFor("every socket to be gone", 5*time.Second, func() bool { return c.sockets() == 0 })
	before := c.connections()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if n := c.sockets(); n > 0 {
			t.Fatalf("got %d sockets while paused, want none", n)
		}
	}
	if after := c.connections(); after != before {
		t.Errorf("got %d connections more while paused, want none", after-before)
	}
	if said := c.command("status"); !strings.Contains(said, "synchronizer is paused since") {
		t.Errorf("status got %q, want the pause told", said)
	}
	c.command("resume")
	c.waitFor("work to go on", 10*time.Second, func() bool { return c.connections() > before })
	c.settle(4 * time.Minute)
	c.checkTruth()
}

// command runs the program as an operator would, and returns what it printed.
func (c *cluster) command(args ...string) string {
	c.t.Helper()
	p := c.process("writer", 99)
	cmd := exec.Command(p.path, args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	if err != nil && args[0] != "status" { // its exit code is the verdict
		c.t.Fatalf("bigbrotr %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// connections counts what all relays have accepted so far.
func (c *cluster) connections() (n int) {
	for _, m := range c.network.Members {
		n += m.Ledger().Totals().Connections
	}
	return n
}

// sockets counts the open connections of all services to all relays, as the kernel sees them. Some relays of the network
// hold connections to themselves.
func (c *cluster) sockets() (n int) {
	c.t.Helper()
	ports := map[string]bool{}
	for _, text := range c.network.URLs() {
		if u, err := url.Parse(text); err == nil {
			ports[u.Port()] = true
		}
	}
	ours := c.inodes()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		c.t.Fatal(err)
	}
	const established = "01"
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != established || !ours[fields[9]] {
			continue
		}
		_, port, _ := strings.Cut(fields[2], ":") // the far end, so each connection is counted once
		if number, err := strconv.ParseUint(port, 16, 16); err == nil && ports[strconv.FormatUint(number, 10)] {
			n++
		}
	}
	return n
}

// inodes are the sockets that the services hold.
func (c *cluster) inodes() map[string]bool {
	held := map[string]bool{}
	for _, p := range c.services {
		dir := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			target, _ := os.Readlink(filepath.Join(dir, entry.Name())) // one that was closed meanwhile is no socket
			if inode, is := strings.CutPrefix(target, "socket:["); is {
				held[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	return held
}
