package pgd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	socketPort = "5432" // only part of a file name: nothing listens on TCP
	maxSocket  = 103    // bytes of a socket path on every system we know

	socketPrefix = "brotr-pg-"
)

// identity is who Postgres runs as.
type identity struct {
	name     string
	uid, gid int
	drop     bool // this process is root and must become somebody else
}

// childIdentity is this process's own user, or for root the user postgres, else nobody.
func childIdentity() (identity, error) {
	if os.Geteuid() != 0 {
		return identity{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if uid > 0 && gid > 0 {
			return identity{name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return identity{}, errors.New("find a user for postgres: it must not run as root, and this machine has neither a user " +
		"postgres nor nobody; run as an ordinary user")
}

// credential is what the child is started with, nil for no change. Supplementary groups of root are dropped.
func (i identity) credential() *syscall.Credential {
	if !i.drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
}

// reach checks that the child's user can walk down to dir.
func (i identity) reach(dir string) error {
	if !i.drop {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return fmt.Errorf("look at %s: %w", at, err)
		}
		if !i.enters(info) {
			return fmt.Errorf("let user %s into %s: %s is closed to it (mode %04o), and Postgres does not run as root; run "+
				"`chmod o+x %s`, choose another DATA_DIR, or run as an ordinary user", i.name, dir, at, info.Mode().Perm(), at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// enters applies the mode bits as the kernel does: the first class that fits decides.
func (i identity) enters(info fs.FileInfo) bool {
	st := info.Sys().(*syscall.Stat_t)
	switch {
	case int(st.Uid) == i.uid:
		return info.Mode()&0o100 != 0
	case int(st.Gid) == i.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// own gives dir and all below it to the child's user, or says that somebody else owns it.
func (i identity) own(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	if owner == i.uid {
		return nil
	}
	if !i.drop {
		return fmt.Errorf("use %s: it belongs to user id %d and this process is user id %d; run as the one that made it, or "+
			"change its owner", dir, owner, i.uid)
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, i.uid, i.gid)
	})
	if err != nil {
		return fmt.Errorf("give %s to user %s: %w", dir, i.name, err)
	}
	return nil
}

// socketDir makes a short directory that only the child's user and root can enter: on its socket nobody is asked for a
// password.
func socketDir(as identity) (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(base, socketPrefix)
		if err != nil {
			continue
		}
		if len(filepath.Join(dir, ".s.PGSQL."+socketPort)) <= maxSocket && as.own(dir) == nil && as.reach(dir) == nil {
			return dir, nil
		}
		os.Remove(dir)
	}
	return "", errors.New("create socket directory: neither TMPDIR nor /tmp can be written, is short and is open to Postgres")
}
