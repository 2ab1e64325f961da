package pgd

import (
	"crypto/sha256"
	"encoding/hex"
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
// password. Its name follows from home, so that clients find the same server after every start. A directory of that name
// is used again only if it belongs to the child's user and nobody else can enter it.
func socketDir(as identity, home string) (string, error) {
	sum := sha256.Sum256([]byte(home))
	name := socketPrefix + hex.EncodeToString(sum[:8])
	var wrong error
	for _, base := range []string{os.TempDir(), "/tmp"} {
		dir := filepath.Join(base, name)
		if len(filepath.Join(dir, ".s.PGSQL."+socketPort)) > maxSocket {
			wrong = errors.Join(wrong, fmt.Errorf("%s is too long for a socket", dir))
			continue
		}
		err := makePrivate(as, dir)
		if err == nil {
			return dir, nil
		}
		wrong = errors.Join(wrong, err)
	}
	return "", fmt.Errorf("create socket directory: %w", wrong)
}

// makePrivate makes dir for the child's user alone, or makes sure that it is so.
func makePrivate(as identity, dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = errors.Join(as.own(dir), as.reach(dir))
		if err != nil {
			os.Remove(dir)
		}
		return err
	}
	info, statErr := os.Lstat(dir)
	if statErr != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 || int(info.Sys().(*syscall.Stat_t).Uid) != as.uid {
		return fmt.Errorf("use %s: it is not a directory of user id %d alone; remove it", dir, as.uid)
	}
	return as.reach(dir)
}
