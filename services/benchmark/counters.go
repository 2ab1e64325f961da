package benchmark

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxMetrics bounds what is read of a process's metrics.
const maxMetrics = 4 << 20

// counted returns a counter of the synchronizer, and 0 for one that has not counted yet.
func (r *rig) counted(ctx context.Context, name string) (float64, error) {
	return countedAt(ctx, r.ops, name)
}

// countedAt returns a counter of the process whose metrics are at an address.
func countedAt(ctx context.Context, address, name string) (float64, error) {
	text, err := metricsAt(ctx, address)
	if err != nil {
		return 0, err
	}
	defer text.Close()
	return counter(io.LimitReader(text, maxMetrics), name)
}

// metricsAt asks a process for its metrics.
func metricsAt(ctx context.Context, address string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	return answer.Body, nil
}

func counter(text io.Reader, name string) (float64, error) {
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, lines.Err()
}

// errNothingVerified says that a walk of unknown events checked no signature, so that its time says nothing.
var errNothingVerified = errors.New("the synchronizer has checked no signature")

// verifyTime is the CPU time that the synchronizer took to check a signature so far, in microseconds.
func (r *rig) verifyTime(ctx context.Context) (float64, error) {
	seconds, err := r.counted(ctx, "bigbrotr_synchronizer_verify_cpu_seconds_total")
	if err != nil {
		return 0, err
	}
	signatures, err := r.counted(ctx, "bigbrotr_synchronizer_signatures_total")
	if err == nil && signatures == 0 {
		err = errNothingVerified
	}
	return seconds * 1e6 / signatures, err
}
