//go:build powercut

package standalone_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

const (
	powerCuts  = 5
	betweenCut = 6 * time.Second
)

// TestPowerCut cuts the power of the machine that holds NATS, Postgres and all services, again and again in the middle of the
// walks: what was not on disk is gone. It needs a user who may mount, and ext4.
func TestPowerCut(t *testing.T) {
	machine := newMachine(t)
	// At this pace the walks last longer than the cuts.
	c := launch(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 2, "writer": 2},
		simrelay.DemoConfig{Seed: 7, Events: 6000}, "RELAY_MAX_REQUESTS=2")
	syscall.Sync() // what an operator wrote long ago is on disk
	c.inject(c.network.URLs())
	c.waitFor("the first pages", time.Minute, func() bool { return c.covered() > 0 })
	told := told{}
	for range powerCuts {
		time.Sleep(betweenCut)
		told.hear(c)
		machine.cut(c)
		machine.start(c)
		told.check(c)
		c.waitFor("an audit of coverage", time.Minute, c.audit)
	}
	if open := c.settled(c.bus()); open == "" {
		t.Error("all was done before the last cut: the cuts proved nothing")
	}
	t.Logf("%d power cuts; of %d events that consumers had been told of, none was lost", powerCuts, len(told))
	if len(told) == 0 {
		t.Error("consumers were told of no event before a cut: the cuts proved nothing")
	}
	c.settle(5 * time.Minute)
	c.checkTruth()
	c.checkCoverage()
}

// told are the ids of the events that the writer published: once told, an event may not be lost.
type told map[event.ID]bool

// hear reads what consumers can have read by now.
func (h told) hear(c *cluster) {
	c.t.Helper()
	for _, m := range testkit.OpenStreams(c.t, c.url("brotr", brotrPassword)).Messages(subject.StreamEvents) {
		e, err := event.Parse(m.Body)
		if err != nil {
			c.t.Fatal(err)
		}
		h[e.ID] = true
	}
}

// check demands that the archive has all of them.
func (h told) check(c *cluster) {
	c.t.Helper()
	var ids [][]byte
	for id := range h {
		ids = append(ids, id[:])
	}
	missing := testkit.Number(c.t, c.owner, "SELECT count(*) FROM unnest($1::bytea[]) AS t (id) WHERE NOT EXISTS (SELECT FROM event e WHERE e.id = t.id)", ids)
	if missing > 0 {
		c.t.Errorf("%d of %d events that consumers were told of are not in the archive", missing, len(ids))
	}
}

// machine is a disk whose power can be cut: a file system in a file. The temporary directory is on it.
type machine struct {
	t     *testing.T
	image string
	dir   string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	home := t.TempDir()
	for dir := home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) { // Postgres must be able to walk there
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := &machine{t: t, image: filepath.Join(home, "image"), dir: filepath.Join(home, "disk")}
	file, err := os.Create(m.image)
	if err == nil {
		err = file.Truncate(4 << 30)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m.run("mkfs.ext4", "-q", m.image)
	if err := os.Mkdir(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	m.run("mount", "-o", "loop", m.image, m.dir)
	t.Cleanup(m.unmount)
	t.Setenv("TMPDIR", m.dir)
	return m
}

func (m *machine) run(name string, args ...string) {
	m.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// unmount waits for what still uses the disk: backends of a killed Postgres notice only after a moment.
func (m *machine) unmount() {
	m.t.Helper()
	var err error
	for range 300 {
		if err = syscall.Unmount(m.dir, 0); err != syscall.EBUSY {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		m.t.Fatalf("unmount %s: %v", m.dir, err)
	}
}

// shutdown is EXT4_IOC_SHUTDOWN of Linux (fs/ext4/ext4.h) without writing the journal out: from here on nothing reaches the disk.
const shutdown, withoutLog = 0x8004587d, 2

// cut cuts the power: the disk stops where it is, and no process survives. A file that nobody synced must be gone.
func (m *machine) cut(c *cluster) {
	m.t.Helper()
	unsynced := filepath.Join(m.dir, "unsynced")
	if err := os.WriteFile(unsynced, []byte("not on disk yet"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	disk, err := os.Open(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	flags := uint32(withoutLog)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, disk.Fd(), shutdown, uintptr(unsafe.Pointer(&flags)))
	if _ = disk.Close(); errno != 0 {
		m.t.Fatalf("stop the disk: %v", errno)
	}
	for _, p := range append(c.services, c.nats) {
		p.signal(syscall.SIGKILL)
		<-p.done
	}
	_ = syscall.Kill(c.postgres.Pid(), syscall.SIGKILL) // it may have ended when its disk did
	<-c.postgres.Done()
	c.postgres.Stop()
	m.unmount()
	m.run("mount", "-o", "loop", m.image, m.dir)
	if text, err := os.ReadFile(unsynced); err == nil && len(text) > 0 {
		m.t.Errorf("a file that nobody synced is still there with %q: the power was not cut", text)
	}
}

// start turns the machine on again.
func (m *machine) start(c *cluster) {
	m.t.Helper()
	if err := c.postgres.Start(m.t.Context()); err != nil {
		m.t.Fatalf("Postgres does not come back: %v", err)
	}
	for _, p := range append([]*process{c.nats}, c.services...) {
		p.start(m.t)
	}
	c.waitFor("NATS to come back", time.Minute, func() bool {
		conn, err := net.Dial("tcp", c.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}
