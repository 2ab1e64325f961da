package pgd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes the cluster's home for this process. Whoever holds it may treat a running Postgres as left behind and stop
// it, so there must be only one. The kernel gives the lock back when the process ends, however it ends, so a lock is
// never stale.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "owner.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of cluster home: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock cluster home %s: another process runs its Postgres; stop that one or choose another "+
			"DATA_DIR: %w", dir, err)
	}
	return f, nil
}
