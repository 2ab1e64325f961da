package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 10 * time.Second // of reading, answering and writing each
	idleTimeout    = time.Minute
	maxHeader      = 16 << 10
)

// API answers requests. Any number may run.
type API struct {
	cfg     Config
	monitor event.PubKey // ours; what it publishes is no other monitor's word
	bus     *bus.Bus
	store   *store.Store // only read
	log     *slog.Logger
	guard   *guard
}

// New takes the public key of our own monitor, zero for none.
func New(cfg Config, monitor event.PubKey, b *bus.Bus, s *store.Store, log *slog.Logger) *API {
	return &API{cfg: cfg, monitor: monitor, bus: b, store: s, log: log}
}

// Run answers until ctx ends, finishes what it is answering, and returns nil then. The error is that of a setting.
func (a *API) Run(ctx context.Context) error {
	known, err := readKeys(a.cfg.Keys)
	if err != nil {
		return err
	}
	if a.cfg.Listen == "none" {
		<-ctx.Done()
		return nil
	}
	listener, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s for the API (API_LISTEN): %w; choose another address or `none`", a.cfg.Listen, err)
	}
	a.log.Info("API was opened", app.Addr, listener.Addr().String())
	return a.serve(ctx, listener, known)
}

func (a *API) serve(ctx context.Context, listener net.Listener, known keys) error {
	a.guard = newGuard(known, a.cfg.RateLimit)
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: 2 * requestTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer cancel()
		_ = server.Shutdown(ending) // what is not answered by then is cut
		server.Close()
	})
	err := server.Serve(listener)
	if stop() {
		server.Close()
		return fmt.Errorf("serve the API: %w", err)
	}
	<-closed
	return nil
}

// endpoint is one question and who may ask it.
type endpoint struct {
	pattern string
	about   string
	keyed   bool
	answer  func(*API, *http.Request) (any, error)
}

// endpoints is the table of all.
var endpoints = []endpoint{
	{pattern: "GET /v1/candidates", about: "URLs that were found, the newest finds first; ?state, reason, source, network, limit, cursor", answer: (*API).candidates},
	{pattern: "GET /v1/candidates/{url}", about: "what came of one of them", answer: (*API).candidate},
	{pattern: "GET /v1/relays/{url}", about: "all that is known of a relay", answer: (*API).relay},
	{pattern: "POST /v1/relays/{url}/check", about: "has a relay checked at once", keyed: true, answer: (*API).check},
}

func (a *API) handler() http.Handler {
	mux := http.NewServeMux()
	for _, e := range endpoints {
		mux.Handle(e.pattern, a.around(e.pattern, e.keyed, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
			defer cancel()
			body, err := e.answer(a, r.WithContext(ctx))
			a.respond(w, r, body, err)
		}))
	}
	mux.Handle("GET /{$}", a.around("GET /", false, func(w http.ResponseWriter, r *http.Request) { a.respond(w, r, index(), nil) }))
	mux.Handle("/", a.around("none", false, func(w http.ResponseWriter, r *http.Request) {
		a.respond(w, r, nil, &problem{Status: http.StatusNotFound, Detail: "there is no such endpoint; GET / lists them. A relay's URL in a path must be percent-encoded"})
	}))
	return mux
}

// index lists the endpoints.
func index() any {
	type line struct {
		Endpoint string `json:"endpoint"`
		About    string `json:"about"`
		Key      bool   `json:"needs_key"`
	}
	var all []line
	for _, e := range endpoints {
		all = append(all, line{e.pattern, e.about, e.keyed})
	}
	return map[string]any{"endpoints": all}
}
