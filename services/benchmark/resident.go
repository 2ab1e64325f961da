package benchmark

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// residentOf is the memory that a process has now, in bytes; 0 when it is gone.
func residentOf(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// memory is what the processes of the run have now; of Postgres it is that of its largest process, because all count the
// memory that they share.
func (r *rig) memory() map[string]int64 {
	all := map[string]int64{}
	for _, c := range r.children {
		all[c.name] = residentOf(c.cmd.Process.Pid)
	}
	for _, pid := range append(childrenOf(r.postgres.Pid()), r.postgres.Pid()) {
		all["postgres"] = max(all["postgres"], residentOf(pid))
	}
	return all
}

// cores is what each process kept busy between two moments; total has the sum.
func (r *rig) cores(from, to use) map[string]float64 {
	seconds := to.at.Sub(from.at).Seconds()
	all := map[string]float64{total: to.own(from).Seconds() / seconds}
	for name := range to.cpu {
		all[name] = (to.cpu[name] - from.cpu[name]).Seconds() / seconds
	}
	return all
}

// busyCores is how much of the machine was busy, whoever used it.
func busyCores(from, to use) float64 {
	return (to.busy - from.busy).Seconds() / to.at.Sub(from.at).Seconds()
}

// machine describes what the run depends on.
func (r *rig) machine(ctx context.Context) (Machine, error) {
	server, err := r.owner.Server(ctx)
	if err != nil {
		return Machine{}, err
	}
	return machine(r.dir, fmt.Sprintf("%d.%d", server.Version/10000, server.Version%10000))
}
