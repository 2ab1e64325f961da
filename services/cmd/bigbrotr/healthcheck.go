package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	healthTimeout = 4 * time.Second
	maxHealthBody = 64 << 10
)

type healthcheckVerb struct{}

// Run asks /readyz of the process whose OPS_LISTEN is ours.
func (v *healthcheckVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	url := "http://" + reachable(cfg.App.OpsListen) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return exit(usage, fmt.Errorf("read OPS_LISTEN: %w", err))
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return exit(unreachable, fmt.Errorf("ask %s: %w", url, err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxHealthBody))
	if err != nil {
		return exit(unreachable, fmt.Errorf("read the answer of %s: %w", url, err))
	}
	fmt.Fprintln(e.stdout, strings.TrimSpace(string(body)))
	if answer.StatusCode != http.StatusOK {
		return exit(failed, nil)
	}
	return nil
}

// reachable turns an address to listen on into one to dial.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
