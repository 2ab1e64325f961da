package natsd

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	budgetShare = 60 // per cent of what the streams have and could have
	minBudget   = 256 << 20
	maxBudget   = 64 << 30
)

// Budget returns how many bytes the streams under dir may take: 60 % of what they use now and what is free on their
// volume, at most 64 GiB. The rest is for Postgres and for everybody else: a broker that fills its disk stops
// accepting and does not heal by itself. Less than 256 MiB is an error.
func Budget(dir string) (int64, error) {
	free, err := FreeDisk(dir)
	if err != nil {
		return 0, err
	}
	used, err := usedDisk(dir)
	if err != nil {
		return 0, err
	}
	budget := share(free + used)
	if budget < minBudget {
		return 0, fmt.Errorf("reserve disk under %s: %d MiB are free, and the streams need at least %d MiB; free some or "+
			"choose another DATA_DIR", dir, free>>20, minBudget*100/budgetShare>>20)
	}
	return budget, nil
}

// share is budgetShare of n, bounded above.
func share(n int64) int64 {
	return min(n/100*budgetShare, maxBudget)
}

// FreeDisk returns the bytes an ordinary user may still write on the volume of dir.
func FreeDisk(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("measure free disk of %s: %w", dir, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// usedDisk sums the files below dir. A file that vanishes meanwhile counts as nothing.
func usedDisk(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return ignoreMissing(err)
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return ignoreMissing(err)
	})
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", dir, err)
	}
	return sum, nil
}

func ignoreMissing(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
