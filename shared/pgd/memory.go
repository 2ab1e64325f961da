package pgd

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Postgres' own memory is a share of the machine's, and its log between two checkpoints one of the disk, within bounds.
const (
	memoryShare = 8
	leastShared = 128 << 20
	mostShared  = 8 << 30
	diskShare   = 16
	leastWAL    = 2 << 30
	mostWAL     = 16 << 30
)

// sharedBuffers is Postgres' own memory as a setting.
func sharedBuffers() string {
	bytes := min(max(machineMemory("/proc/meminfo", "/sys/fs/cgroup/memory.max")/memoryShare, leastShared), mostShared)
	return strconv.FormatInt(bytes>>20, 10) + "MB"
}

// maxWAL is the most log between two checkpoints as a setting: the least where the disk cannot be measured.
func maxWAL(dir string) string {
	var disk syscall.Statfs_t
	_ = syscall.Statfs(dir, &disk)
	bytes := min(max(int64(disk.Blocks)*int64(disk.Bsize)/diskShare, leastWAL), mostWAL)
	return strconv.FormatInt(bytes>>20, 10) + "MB"
}

// machineMemory is the memory of the machine, or the limit of this process' group if that is less, in bytes; 2 GiB where
// neither can be read. The files are those of proc_meminfo(5) and of version 2 of cgroups(7).
func machineMemory(meminfo, limit string) int64 {
	memory := int64(2 << 30)
	if text, err := os.ReadFile(meminfo); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 && fields[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				memory = kib << 10
			}
		}
	}
	if text, err := os.ReadFile(limit); err == nil {
		if most, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil { // else it is "max"
			memory = min(memory, most)
		}
	}
	return memory
}
