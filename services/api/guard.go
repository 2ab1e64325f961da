package api

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	burst = 10 // seconds' worth of requests that may come at once
	// maxAddresses bounds what is remembered of who asked; then all begin anew.
	maxAddresses = 100_000
	// addressBits of IPv6 are one asker: whoever has one address has the rest of its /64.
	addressBits = 64
)

// guard decides who may ask, and how often.
type guard struct {
	keys  keys
	rate  rate.Limit
	mu    sync.Mutex
	asked map[netip.Addr]*rate.Limiter
}

func newGuard(known keys, perSecond int) *guard {
	limit := rate.Limit(perSecond)
	if perSecond == 0 {
		limit = rate.Inf
	}
	return &guard{keys: known, rate: limit, asked: map[netip.Addr]*rate.Limiter{}}
}

// around puts the guard before an endpoint.
func (a *API) around(name string, keyed bool, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if !keyed {
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Cache-Control", "max-age=10")
		}
		if err := a.guard.refusal(seen, r, keyed); err != nil {
			a.respond(seen, r, nil, err)
		} else {
			next(seen, r)
		}
		answered.WithLabelValues(name, strconv.Itoa(seen.code)).Inc()
		duration.WithLabelValues(name).Observe(time.Since(began).Seconds())
	})
}

// refusal says why a request is not answered, and tells of the limit in the headers (draft-ietf-httpapi-ratelimit-headers).
func (g *guard) refusal(w http.ResponseWriter, r *http.Request, keyed bool) error {
	if g.rate != rate.Inf {
		limiter := g.limiter(r.RemoteAddr)
		left := int(limiter.Tokens())
		w.Header().Set("RateLimit-Policy", `"address";q=`+strconv.Itoa(limiter.Burst())+`;w=`+strconv.Itoa(burst))
		w.Header().Set("RateLimit", `"address";r=`+strconv.Itoa(max(left-1, 0))+`;t=`+strconv.Itoa(burst))
		if !limiter.Allow() {
			return &problem{Status: http.StatusTooManyRequests, Detail: "too many requests from this address; slow down", RetryAfter: 1}
		}
	}
	if !keyed {
		return nil
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && g.keys.holder(strings.TrimSpace(key)) != "" {
		return nil
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	return &problem{Status: http.StatusUnauthorized, Detail: "this needs a key of this server: send Authorization: Bearer KEY"}
}

// limiter is that of the address that asks.
func (g *guard) limiter(remote string) *rate.Limiter {
	host, _, _ := net.SplitHostPort(remote)
	address, err := netip.ParseAddr(host)
	if err == nil && address.Is6() && !address.Is4In6() {
		if block, err := address.Prefix(addressBits); err == nil {
			address = block.Addr()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.asked[address.Unmap()]
	if one == nil {
		if len(g.asked) >= maxAddresses {
			clear(g.asked)
		}
		one = rate.NewLimiter(g.rate, max(int(float64(g.rate)*burst), 1))
		g.asked[address.Unmap()] = one
	}
	return one
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}
