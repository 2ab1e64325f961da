package writer_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestAFullDiskLosesNothing fills the disk that holds the events under a writer, and frees it again.
func TestAFullDiskLosesNothing(t *testing.T) {
	dir, mounted := mountDisk(t)
	postgres := testkit.PrivatePostgres(t)
	p := newPlaceOn(t, postgres.URL("postgres"))
	d := &disk{p: p, dir: dir}
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

// mountDisk mounts a disk of 4 MiB in memory; false = this process may not mount.
func mountDisk(t *testing.T) (dir string, mounted bool) {
	dir, err := os.MkdirTemp("", "bigbrotr-disk-") // not the test's own: Postgres must be able to walk there
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary directory is no test failure
	err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Log("This process may not mount a disk; Postgres is made to refuse instead")
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

// disk is what holds the events.
type disk struct {
	p   *place
	dir string
}

// holdEvents moves the events onto the disk.
func (d *disk) holdEvents() {
	d.p.t.Helper()
	space := filepath.Join(d.dir, "space")
	owner, err := os.Stat(testkit.Rows[struct{ Path string }](d.p.t, d.p.dsn, "SELECT current_setting('data_directory')")[0].Path)
	if err == nil {
		err = os.Mkdir(space, 0o700)
	}
	if err != nil {
		d.p.t.Fatal(err)
	}
	user := owner.Sys().(*syscall.Stat_t)
	if err := os.Chown(space, int(user.Uid), int(user.Gid)); err != nil {
		d.p.t.Fatal(err)
	}
	d.p.exec("CREATE TABLESPACE small LOCATION '" + space + "'")
	d.p.exec("ALTER TABLE event SET TABLESPACE small")
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
