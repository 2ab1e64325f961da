package benchmark

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// columns of the table, in the order in which an event meets the processes.
var columns = []string{"relay", "synchronizer", "nats", "writer", "postgres", total}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "WALK\tEVENTS/S\tSECONDS\tCORES\tCPU µs/event:\t%s\n", strings.Join(columns, "\t"))
	for _, walk := range r.Walks {
		fmt.Fprintf(t, "%s\t%.0f\t%.2f\t%.1f of %.1f\t", walk.Name, walk.PerSecond, walk.Seconds, walk.OwnCores, walk.BusyCores)
		for _, name := range columns {
			fmt.Fprintf(t, "\t%.1f", walk.CPU[name])
		}
		fmt.Fprintln(t)
	}
	fmt.Fprint(t, "peak memory\t\t\t\tMB:")
	peaks := map[string]int64{}
	for _, p := range r.Processes {
		peaks[p.Name] = p.Peak
	}
	for _, name := range columns[:len(columns)-1] {
		fmt.Fprintf(t, "\t%d", peaks[name]>>20)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n\nCPU µs/event of the synchronizer: verify, in walk new, %.1f; measured alone:", r.VerifyMicroseconds)
	for _, stage := range r.Stages {
		fmt.Fprintf(w, " %s %.1f;", stage.Name, stage.Microseconds)
	}
	_, err := fmt.Fprintf(w, "\n\n%d events of %d bytes; new: unknown; elsewhere: known, on another relay; again: known, on the same relay; CORES: ours of all that were busy\n"+
		"%d × %s, Linux %s, %s, Postgres %s, signatures by %s, a synced write takes %d µs\n%s\n",
		r.Events, r.EventBytes, r.Machine.Cores, r.Machine.CPU, r.Machine.Kernel, r.Machine.Go, r.Machine.Postgres,
		r.Machine.Engine, r.Machine.SyncMicroseconds, r.settings())
	return err
}

func (r Report) settings() string {
	words := []string{"NATS syncs before it acknowledges, Postgres with fsync and synchronous_commit=on"}
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		words = append(words, name+"="+r.Settings[name])
	}
	return strings.Join(words, ", ")
}
