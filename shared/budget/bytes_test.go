package budget

import (
	"math"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
)

const url = "wss://relay.example.com/with path"

func TestBytesOfAllProcessesAreOneBudget(t *testing.T) {
	all := gates(t, 3, netconf.Config{MaxBytesPerDay: 30 << 20})
	var work sync.WaitGroup
	for _, g := range all {
		work.Go(func() {
			for range 18 {
				if _, err := g.Spend(t.Context(), url, 512<<10, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait() // 27 MiB
	for i, g := range all {
		g.flush(t.Context())
		if left, err := g.Left(t.Context(), url, 0); err != nil || left > 3<<20+2*keepBytes || left < 3<<20 {
			t.Errorf("gate %d got %d bytes left, %v, want 3 MiB and at most what two others keep to themselves", i, left, err)
		}
	}
	if left, err := all[0].Left(t.Context(), url, 0); err != nil || left != 3<<20 {
		t.Errorf("after all have written got %d left, %v, want exactly 3 MiB", left, err)
	}
	if spent, err := all[0].Spend(t.Context(), url, 3<<20, 0); !spent || err != nil {
		t.Errorf("at the bound got spent %v, %v, want true", spent, err)
	}
	if left, _ := all[2].Left(t.Context(), url, 0); left != 0 {
		t.Errorf("another process got %d left, want 0", left)
	}
	if left, _ := all[2].Left(t.Context(), url, 40<<20); left != 10<<20 {
		t.Errorf("with a larger limit got %d left, want 10 MiB", left)
	}
	if left, _ := all[2].Left(t.Context(), "wss://other.example.com", 0); left != 30<<20 {
		t.Errorf("another relay got %d left, want all", left)
	}
}

func TestNoBudgetIsNoBound(t *testing.T) {
	for name, g := range map[string]*Gate{"nil": nil, "none": gates(t, 1, netconf.Config{})[0]} {
		if spent, err := g.Spend(t.Context(), url, 1<<40, 0); spent || err != nil {
			t.Errorf("%s: got spent %v, %v, want false", name, spent, err)
		}
		if left, err := g.Left(t.Context(), url, 0); left != math.MaxInt64 || err != nil {
			t.Errorf("%s: got %d left, %v, want no bound", name, left, err)
		}
	}
}
