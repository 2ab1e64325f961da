package benchmark

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc: a hundredth of a second on every Linux.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used. With its children it is that of the whole tree, those that ended
// included: Postgres has a process for each connection.
func cpuOf(pid int, withChildren bool) (time.Duration, error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	last := stime
	if withChildren {
		last = cstime
	}
	total, err := sum(fields[utime : last+1])
	if err != nil || !withChildren {
		return total, err
	}
	for _, child := range childrenOf(pid) {
		if used, err := cpuOf(child, true); err == nil { // else it ended, and its parent's count has it next time
			total += used
		}
	}
	return total, nil
}

// Places of proc_pid_stat(5) behind the name, which may hold spaces.
const (
	utime  = 11
	stime  = 12
	cstime = 14
)

func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, fmt.Errorf("read CPU time: %w", err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= cstime {
		return nil, fmt.Errorf("read CPU time of process %d: got %d fields", pid, len(fields))
	}
	return fields, nil
}

func sum(ticks []string) (time.Duration, error) {
	var total time.Duration
	for _, field := range ticks {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		total += time.Duration(n) * tick
	}
	return total, nil
}

func childrenOf(pid int) (children []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // gone: it has none
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			children = append(children, child)
		}
	}
	return children
}

// peakOf is the most resident memory that a process had, in bytes; of a tree it is that of its largest process,
// because all count the memory that they share.
func peakOf(pid int) (peak int64) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			peak = kb << 10
		}
	}
	for _, child := range childrenOf(pid) {
		peak = max(peak, peakOf(child))
	}
	return peak
}

// busyOf is how long all cores of the machine together were busy since it started, whoever used them.
func busyOf() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the load of the machine: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0, fmt.Errorf("read the load of the machine: got %d fields", len(fields))
	}
	return sum(slices.Concat(fields[1:4], fields[6:9])) // without idle and iowait
}
