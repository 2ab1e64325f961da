package app

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// Jitter returns a duration evenly spread over d ± d·share, so that many workers do not act at once. Share is between 0
// and 1; a d that is not positive comes back as it is.
func Jitter(d time.Duration, share float64) time.Duration {
	if d <= 0 || math.IsNaN(share) {
		return d
	}
	share = min(max(share, 0), 1)
	moved := float64(d) * (1 + share*(2*rand.Float64()-1))
	if moved >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(moved)
}

// Sleep waits and reports whether ctx is still alive.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
