package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	checkTimeout   = 5 * time.Second
	headerTimeout  = 5 * time.Second
	requestTimeout = 30 * time.Second
	maxHeader      = 16 << 10
	maxScrapes     = 4 // at once
)

// Check is one condition of readiness: nil, or why not. It must respect its ctx.
type Check func(ctx context.Context) error

// Ops serves /livez (the process runs), /readyz (every check passes; the body names each with its reason) and /metrics.
// It shows addresses and errors of ours, so its listener is for operators and not for the world.
type Ops struct {
	listen   string
	handler  http.Handler
	listener net.Listener
	log      *slog.Logger
}

// NewOps prepares the endpoints. Listen is host:port, port 0 for a free one; empty or "none" switches them off.
func NewOps(listen string, metrics prometheus.Gatherer, checks map[string]Check, log *slog.Logger) *Ops {
	if listen == "none" {
		listen = ""
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", readyz(maps.Clone(checks)))
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}))
	return &Ops{listen: listen, handler: mux, log: log}
}

// Listen takes the address before Run does, for a caller that needs Addr or wants to fail early.
func (o *Ops) Listen() error {
	if o.listen == "" || o.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s for /livez, /readyz and /metrics (OPS_LISTEN): %w", o.listen, err)
	}
	o.listener = l
	return nil
}

// Addr is the address that was taken, and empty before Listen or when the endpoints are off.
func (o *Ops) Addr() string {
	if o.listener == nil {
		return ""
	}
	return o.listener.Addr().String()
}

// Run serves until ctx ends. When the endpoints are off it only waits.
func (o *Ops) Run(ctx context.Context) error {
	if err := o.Listen(); err != nil {
		return err
	}
	if o.listener == nil {
		<-ctx.Done()
		return nil
	}
	server := &http.Server{Handler: o.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout,
		WriteTimeout: requestTimeout, IdleTimeout: requestTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelDebug)}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		server.Close() // an open probe is not worth a second of the grace
	})
	o.log.Info("Operator endpoints were opened", Addr, o.Addr())
	err := server.Serve(o.listener)
	if stop() {
		server.Close()
		return fmt.Errorf("serve operator endpoints: %w", err)
	}
	<-closed
	return nil
}

// verdict is the outcome of one check as /readyz shows it.
type verdict struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// readyz answers 200 when every check passes and 503 otherwise.
func readyz(checks map[string]Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		defer cancel()
		verdicts := ask(ctx, checks)
		ready := !slices.ContainsFunc(slices.Collect(maps.Values(verdicts)), func(v verdict) bool { return !v.OK })
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ready": ready, "checks": verdicts})
	}
}

// ask runs all checks at once.
func ask(ctx context.Context, checks map[string]Check) map[string]verdict {
	var mu sync.Mutex
	var wait sync.WaitGroup
	verdicts := make(map[string]verdict, len(checks))
	for name, check := range checks {
		wait.Go(func() {
			v := judge(check(ctx))
			mu.Lock()
			defer mu.Unlock()
			verdicts[name] = v
		})
	}
	wait.Wait()
	return verdicts
}

func judge(err error) verdict {
	if err == nil {
		return verdict{OK: true}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return verdict{Reason: "no answer in time: " + cut(err.Error(), MaxQuoted)}
	}
	return verdict{Reason: cut(err.Error(), MaxQuoted)}
}
