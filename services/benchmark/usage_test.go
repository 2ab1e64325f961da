package benchmark

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// TestCPUOfATree lets a grandchild work and end: what it used must be counted in the tree, and only there.
func TestCPUOfATree(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo done; cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	alone, err := cpuOf(cmd.Process.Pid, false)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := cpuOf(cmd.Process.Pid, true)
	if err != nil {
		t.Fatal(err)
	}
	if tree < alone+5*tick {
		t.Errorf("CPU of the tree: got %s, of the parent alone %s; want the work of the child, too", tree, alone)
	}
	if peak := peakOf(cmd.Process.Pid); peak < 1<<16 || peak > 1<<30 {
		t.Errorf("peak memory: got %d bytes, want that of a shell", peak)
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := cpuOf(cmd.Process.Pid, true); err == nil {
		t.Error("CPU of a process that is gone: got none, want an error")
	}
}

func TestBusyGrowsWithOurWork(t *testing.T) {
	before, err := busyOf()
	if err != nil {
		t.Fatal(err)
	}
	own, _ := cpuOf(os.Getpid(), false)
	for until := own + 20*tick; own < until; {
		for range 1_000_000 {
			own++
		}
		own, _ = cpuOf(os.Getpid(), false)
	}
	after, err := busyOf()
	if err != nil {
		t.Fatal(err)
	}
	if after-before < 10*tick {
		t.Errorf("busy time of the machine: got %s more after 200 ms of work, want at least half of it", after-before)
	}
}

func TestProven(t *testing.T) {
	rows := func(intervals ...store.Interval) []store.Covered {
		var all []store.Covered
		for _, iv := range intervals {
			all = append(all, store.Covered{WalkedOn: time.Unix(0, 0), Intervals: []store.Interval{iv}})
		}
		return all
	}
	for _, c := range []struct {
		name string
		rows []store.Covered
		want bool
	}{
		{"nothing", nil, false},
		{"all", rows(store.Interval{Since: 0, Until: 100}), true},
		{"in pieces, out of order", rows(store.Interval{Since: 50, Until: 120}, store.Interval{Since: 0, Until: 49}), true},
		{"a hole of a second", rows(store.Interval{Since: 51, Until: 120}, store.Interval{Since: 0, Until: 49}), false},
		{"the beginning is missing", rows(store.Interval{Since: 1, Until: 120}), false},
		{"the end is missing", rows(store.Interval{Since: 0, Until: 99}), false},
	} {
		if got := proven(c.rows, 100); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
