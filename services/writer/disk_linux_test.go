package writer_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestAFullDiskLosesNothing fills the disk that holds the events under a writer, and frees it again.
func TestAFullDiskLosesNothing(t *testing.T) {
	dir, mounted := mountDisk(t, "4m")
	postgres := testkit.PrivatePostgres(t)
	p := newPlaceOn(t, postgres.URL("postgres"))
	d := newDisk(p, dir)
	if mounted {
		d.holdEvents()
	}
	said := &journal{}
	metrics, _ := p.startLogging(testkit.Store(t, p.dsn), slog.New(slog.NewTextHandler(said, nil)))
	events := makeEvents(1_000)
	p.send(pageOf(relayA, events[:5]...))
	p.drained()
	free := d.refuse
	if mounted {
		free = d.fill
	}
	release := free()
	p.send(pageOf(relayB, events[5:]...))
	testkit.Until(t, "the writer to meet the full disk more than once", func() bool {
		const met = "bigbrotr_writer_errors_total{infrastructure}"
		return countNow(t)[met] >= metrics[met]+2
	})
	p.expectRows("SELECT count(*) FROM event", 5)
	release()
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 1_000)
	p.expectRows("SELECT count(*) FROM sighting", 1_000)
	p.expectRows("SELECT count(*) FROM quarantine", 0)
	p.expectEvents(events...)
	if n := p.streams.Count(subject.StreamDead); n != 0 {
		t.Errorf("DEAD: got %d messages, want none: a full disk is no poison", n)
	}
	said.expect(t, "Postgres could not write", 1)
	said.expect(t, "SQLSTATE 53100", 1)
	said.expect(t, "Postgres wrote again", 1)
}

// TestAFullLogLosesNothing fills the disk that holds the log of Postgres, which dies of it and cannot start, and frees it again.
func TestAFullLogLosesNothing(t *testing.T) {
	dir, mounted := mountDisk(t, "96m")
	postgres := testkit.PrivatePostgres(t)
	p := newPlaceOn(t, postgres.URL("postgres"))
	d := newDisk(p, dir)
	if mounted {
		d.holdLog(postgres)
	}
	said := &journal{}
	p.startLogging(testkit.Store(t, p.dsn), slog.New(slog.NewTextHandler(said, nil)))
	events := makeEvents(1_000)
	p.send(pageOf(relayA, events[:5]...))
	p.drained()
	release := func() {}
	if mounted {
		release = d.fill()
		d.endLogFile()
	} else if err := syscall.Kill(postgres.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.send(pageOf(relayB, events[5:]...))
	select {
	case <-postgres.Done():
	case <-time.After(soon):
		t.Fatal("Postgres lives on without its log: the fault did not fire")
	}
	if err := postgres.Start(t.Context()); mounted && err == nil {
		t.Error("Postgres started without room for its log: the fault did not fire")
	}
	release()
	if err := postgres.Start(t.Context()); mounted && err != nil {
		t.Fatal(err)
	}
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 1_000)
	p.expectRows("SELECT count(*) FROM sighting", 1_000)
	p.expectRows("SELECT count(*) FROM quarantine", 0)
	p.expectEvents(events...)
	said.expect(t, "Postgres wrote again", 1)
}

// mountDisk mounts a disk in memory; false = this process may not mount.
func mountDisk(t *testing.T, size string) (dir string, mounted bool) {
	dir, err := os.MkdirTemp("", "bigbrotr-disk-") // not the test's own: Postgres must be able to walk there
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary directory is no test failure
	err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Log("This process may not mount a disk; the fault is made in another way")
		return dir, false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount the disk: %v", err)
		}
	})
	return dir, true
}

// disk is what holds a part of what Postgres writes.
type disk struct {
	p    *place
	dir  string
	data string // directory of Postgres
}

func newDisk(p *place, dir string) *disk {
	p.t.Helper()
	return &disk{p, dir, testkit.Rows[struct{ Path string }](p.t, p.dsn, "SELECT current_setting('data_directory')")[0].Path}
}

// holdEvents moves the events onto the disk.
func (d *disk) holdEvents() {
	d.p.t.Helper()
	space := filepath.Join(d.dir, "space")
	err := os.Mkdir(space, 0o700)
	if err == nil {
		err = d.give(space)
	}
	if err != nil {
		d.p.t.Fatal(err)
	}
	d.p.exec("CREATE TABLESPACE small LOCATION '" + space + "'")
	d.p.exec("ALTER TABLE event SET TABLESPACE small")
}

// holdLog moves the log of Postgres onto the disk.
func (d *disk) holdLog(postgres *pgd.Server) {
	d.p.t.Helper()
	log := filepath.Join(d.data, "pg_wal")
	postgres.Stop()
	elsewhere := filepath.Join(d.dir, "pg_wal")
	err := os.CopyFS(elsewhere, os.DirFS(log))
	if err == nil {
		err = filepath.WalkDir(elsewhere, func(path string, _ fs.DirEntry, _ error) error { return d.give(path) })
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(log), os.Symlink(elsewhere, log), postgres.Start(d.p.t.Context()))
	}
	if err != nil {
		d.p.t.Fatal(err)
	}
}

// give makes the user of Postgres the owner of a file.
func (d *disk) give(path string) error {
	data, err := os.Stat(d.data)
	if err != nil {
		return err
	}
	user := data.Sys().(*syscall.Stat_t)
	return os.Chown(path, int(user.Uid), int(user.Gid))
}

// endLogFile has Postgres begin a new file of its log, whatever the last still has room for; it dies where there is none.
func (d *disk) endLogFile() {
	d.p.t.Helper()
	_ = testkit.TryExec(d.p.t, d.p.dsn, "SELECT pg_switch_wal()") // whether it answers before it dies is a matter of luck
}

// fill leaves no room on the disk until release is called.
func (d *disk) fill() (release func()) {
	d.p.t.Helper()
	name := filepath.Join(d.dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		d.p.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.p.t.Fatalf("fill the disk: got %v, want that no space is left", err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			d.p.t.Error(err)
		}
	}
}

// refuse has Postgres say that its disk is full until release is called.
func (d *disk) refuse() (release func()) {
	d.p.t.Helper()
	d.p.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`)
	d.p.exec("CREATE TRIGGER full_disk BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse()")
	return func() { d.p.exec("DROP TRIGGER full_disk ON event") }
}

// journal keeps what a logger wrote.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) expect(t *testing.T, what string, want int) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if got := strings.Count(j.text.String(), what); got != want {
		t.Errorf("log: got %q %d times, want %d:\n%s", what, got, want, j.text.String())
	}
}
