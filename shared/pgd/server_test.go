package pgd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
)

const patience = 20 * time.Second

func TestDataSurvivesStopAndStart(t *testing.T) {
	dir := openDir(t)
	s := start(t, dir)
	tell(t, s, "create table kept as select 7 as n")
	sockets := socketOf(t, s)
	s.Stop()
	s.Stop()
	if gone(s.Pid()) != true {
		t.Error("postgres still runs after Stop")
	}
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for the socket directory after Stop, want it gone", err)
	}
	if err := s.Err(); err != nil {
		t.Errorf("got %v after Stop, want nil", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask[int](t, s, "select n from kept"); got != 7 {
		t.Errorf("got %d, want 7", got)
	}
}

func TestClusterIsAsPromised(t *testing.T) {
	s := start(t, openDir(t))
	for setting, want := range map[string]string{
		"listen_addresses": "", "data_checksums": "on", "server_encoding": "UTF8", "lc_collate": "C", "fsync": "off",
		"TimeZone": "UTC", "max_connections": "200", "unix_socket_permissions": "0700", "jit": "off",
	} {
		query := fmt.Sprintf("select coalesce((select datcollate from pg_database where '%s' = 'lc_collate' and datname = "+
			"current_database()), current_setting('%[1]s', true))", setting)
		if got := ask[string](t, s, query); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	if got := ask[string](t, s, "select current_user::text"); got != "bigbrotr" {
		t.Errorf("got superuser %q, want bigbrotr", got)
	}
	if got := ask[string](t, s, "select current_setting('wal_compression')"); got != "lz4" && got != "pglz" && got != "on" {
		t.Errorf("got wal_compression %q", got)
	}
}

func TestDefaultPresetIsDurable(t *testing.T) {
	s := pgd.New(pgd.Config{Dir: openDir(t), User: "owner"}, quiet(t))
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "checkpoint_timeout": "30min",
	} {
		if got := ask[string](t, s, "select current_setting('"+setting+"')"); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	if got := ask[string](t, s, "select current_user::text"); got != "owner" {
		t.Errorf("got superuser %q, want owner", got)
	}
}

func TestSocketSettingsCannotBeOpened(t *testing.T) {
	settings := pgd.Fast()
	settings["listen_addresses"], settings["unix_socket_permissions"] = "127.0.0.1", "0777"
	s := pgd.New(pgd.Config{Dir: openDir(t), Settings: settings}, quiet(t))
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if got := ask[string](t, s, "select current_setting('listen_addresses')"); got != "" {
		t.Errorf("got listen_addresses %q, want none", got)
	}
	info, err := os.Stat(filepath.Join(socketOf(t, s), ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("got socket mode %o, want 700", got)
	}
	info, err = os.Stat(socketOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("got socket directory mode %o, want 700", got)
	}
}

func TestBadSettingIsNamed(t *testing.T) {
	s := pgd.New(pgd.Config{Dir: openDir(t), Settings: map[string]string{"no_such_setting": "1"}}, quiet(t))
	err := s.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v, want the setting named", err)
	}
}

// On this kind of machine the tests run as root; then, and only then, the child must be somebody else.
func TestPostgresNeverRunsAsRoot(t *testing.T) {
	s := start(t, openDir(t))
	info, err := os.Stat(fmt.Sprintf("/proc/%d", s.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	uid := info.Sys().(*syscall.Stat_t).Uid
	if uid == 0 {
		t.Error("postgres runs as root")
	}
	if own := os.Geteuid(); own != 0 && int(uid) != own {
		t.Errorf("got user id %d, want our own %d", uid, own)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		groups, found := strings.CutPrefix(line, "Groups:")
		if found && os.Geteuid() == 0 && strings.TrimSpace(groups) != "" {
			t.Errorf("got supplementary groups %q, want none of root's", groups)
		}
	}
}

func TestKilledPostgresIsReportedAndRecovers(t *testing.T) {
	dir := openDir(t)
	s := start(t, dir)
	tell(t, s, "create table kept as select 7 as n")
	watched := make(chan error, 1)
	go func() { watched <- s.Run(context.Background()) }()
	if err := syscall.Kill(s.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-watched:
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("got %v, want the kill reported", err)
		}
	case <-time.After(patience):
		t.Fatal("the end of postgres was not noticed")
	}
	if s.Err() == nil {
		t.Error("got no error from Err after a kill")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask[int](t, s, "select n from kept"); got != 7 {
		t.Errorf("got %d, want 7", got)
	}
}

func TestOrphanOfACrashedProcessIsStopped(t *testing.T) {
	dir := openDir(t)
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerDir+"="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	orphan, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the owner said %q", line)
	}

	second := pgd.New(pgd.Config{Dir: dir, Settings: pgd.Fast()}, quiet(t))
	err = second.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another process") || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v while the owner lives, want it named", err)
	}
	if gone(orphan) {
		t.Fatal("the refused second owner stopped the first one's postgres")
	}

	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	if gone(orphan) {
		t.Fatal("postgres died with its owner: this test would prove nothing")
	}
	s := start(t, dir)
	if !gone(orphan) {
		t.Error("the orphan still runs")
	}
	if s.Pid() == orphan {
		t.Error("the orphan was adopted, want it replaced")
	}
	if got := ask[int](t, s, "select 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

// A pid file whose process id now belongs to another program must not block the start, nor stop that program.
func TestReusedProcessIDDoesNotBlock(t *testing.T) {
	dir := openDir(t)
	s := start(t, dir)
	s.Stop()
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	stale := fmt.Sprintf("%d\n%s\n0\n5432\n/tmp\n\n0 0\nready\n", other.Process.Pid, filepath.Join(dir, "data"))
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if gone(other.Process.Pid) {
		t.Error("a program that is not postgres was stopped")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	dir := openDir(t)
	start(t, dir).Stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := pgd.New(pgd.Config{Dir: dir, Settings: pgd.Fast()}, quiet(t))
	if err := s.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	start(t, dir)
}

func TestUnfinishedClusterIsMadeAgain(t *testing.T) {
	dir := openDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	if got := ask[int](t, s, "select 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

func TestDirectoriesThatAreNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want string
	}{
		"other files":   {"notes.txt", "mine", "no Postgres cluster"},
		"other version": {"PG_VERSION", "99\n", "Postgres 99"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := openDir(t)
			if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "data", c.file)
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := pgd.New(pgd.Config{Dir: dir}, quiet(t))
			if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				s.Stop()
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != c.text {
				t.Errorf("got %q and %v, want the file untouched", got, err)
			}
		})
	}
}

// gone tells whether a process has ended; one that nobody has collected yet counts as ended.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || len(stat) == 0
}

// socketOf asks the server where its socket is and proves that somebody answers there.
func socketOf(t *testing.T, s *pgd.Server) string {
	t.Helper()
	dir := ask[string](t, s, "select current_setting('unix_socket_directories')")
	c, err := net.Dial("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got := len(c.RemoteAddr().String()); got > 103 {
		t.Errorf("got a socket path of %d bytes, want at most 103", got)
	}
	return dir
}
