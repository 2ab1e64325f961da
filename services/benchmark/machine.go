package benchmark

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// syncs is how often the file system is asked; the median counts.
const syncs = 15

// machine describes what the numbers depend on. dir is where the data is.
func machine(dir, postgres string) (Machine, error) {
	took, err := syncTime(dir)
	if err != nil {
		return Machine{}, err
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return Machine{
		Cores: runtime.NumCPU(), CPU: cpuModel(), Kernel: string(bytes.TrimSpace(kernel)), Go: runtime.Version(),
		Postgres: postgres, Engine: event.Engine, SyncMicroseconds: took.Microseconds(),
	}, nil
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

// syncTime is how long the file system takes to make a small write durable.
func syncTime(dir string) (time.Duration, error) {
	file, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, fmt.Errorf("measure the file system: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var took []time.Duration
	for range syncs {
		began := time.Now()
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			return 0, fmt.Errorf("measure the file system: %w", err)
		}
		if err := file.Sync(); err != nil {
			return 0, fmt.Errorf("measure the file system: %w", err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
