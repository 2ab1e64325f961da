package benchmark

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// socketsOf is how many sockets a process has open; 0 when it is gone.
func socketsOf(pid int) (n int) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	files, _ := os.ReadDir(dir)
	for _, file := range files {
		if to, err := os.Readlink(dir + "/" + file.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// watchSockets looks at a process again and again until the returned function is called, which says the most it saw.
func watchSockets(pid int) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	peak := 0
	running.Go(func() {
		for ctx.Err() == nil {
			peak = max(peak, socketsOf(pid))
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
		}
	})
	return func() int { cancel(); running.Wait(); return peak }
}
