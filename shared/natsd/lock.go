package natsd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes the store directory for this process. The server itself would open a store twice and damage it. The
// kernel gives the lock back when the process ends, however it ends, so a lock is never stale.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "owner.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of store directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock store directory %s: another broker is using it; stop that one or choose another "+
			"DATA_DIR: %w", dir, err)
	}
	return f, nil
}
