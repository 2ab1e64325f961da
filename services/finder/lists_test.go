package finder

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// server is a list over HTTP whose answer a test may change.
type server struct {
	*httptest.Server
	asked, unchanged atomic.Int64
	answer           atomic.Pointer[http.HandlerFunc]
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	s := new(server)
	s.answer.Store(&answer)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if r.Header.Get("If-None-Match") == `"v1"` {
			s.unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		(*s.answer.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) list(t *testing.T) *list {
	l := listWith(t, "[*]")
	l.URL, l.Every = s.URL+"/online", 24*time.Hour
	return l
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		_, _ = w.Write([]byte(body))
	}
}

func TestListIsPublishedOnceADayAndAskedConditionally(t *testing.T) {
	w := newWorld(t, roomy)
	s := newServer(t, text(`["wss://one.list.com","wss://two.list.com/","not a relay", 7]`))
	l, clock := s.list(t), time.Now()
	w.now = func() time.Time { return clock }
	w.visitList(t.Context(), l)
	if got := w.messages(subject.StreamFound); got != 1 {
		t.Fatalf("got %d messages on FOUND, want 1", got)
	}
	for range 5 {
		if wait := w.visitList(t.Context(), l); wait < 23*time.Hour || wait > 24*time.Hour {
			t.Errorf("the next visit got due in %s, want a day", wait)
		}
	}
	if got := s.asked.Load(); got != 1 {
		t.Errorf("the list was asked %d times in a day, want once", got)
	}
	clock = clock.Add(25 * time.Hour)
	w.visitList(t.Context(), l)
	if s.asked.Load() != 2 || s.unchanged.Load() != 1 || w.messages(subject.StreamFound) != 1 {
		t.Errorf("a day later got %d questions, %d unchanged, %d messages, want 2, 1, 1", s.asked.Load(), s.unchanged.Load(), w.messages(subject.StreamFound))
	}
	w.intakeAndWriter()
	w.settled()
	if got := w.known("wss://one.list.com", "wss://two.list.com"); len(got) != 2 {
		t.Errorf("got candidates %v, want both relays of the list", got)
	}
}

func TestFailedListIsAskedAgainLaterAndLater(t *testing.T) {
	w := newWorld(t, roomy)
	for name, answer := range map[string]http.HandlerFunc{
		"status":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"oversize": text(`["wss://big.list.com"]` + strings.Repeat(" ", listMax)),
		"no JSON":  text("<html>"),
		"no array": text(`{"a":1}`),
		"no list": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		},
	} {
		s := newServer(t, answer)
		l, clock := s.list(t), time.Now()
		w.now = func() time.Time { return clock }
		for failures, delay := range []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute} {
			w.visitList(t.Context(), l)
			state, err := w.listState(t.Context(), l)
			if err != nil || state.Failures != failures+1 || state.NextAt.Sub(clock).Round(time.Second) != delay {
				t.Errorf("%s: after %d failures got %+v, %v, want the next in %s", name, failures+1, state, err, delay)
			}
			clock = clock.Add(delay + time.Second)
		}
		good := text(`["wss://good.list.com"]`)
		s.answer.Store(&good)
		w.visitList(t.Context(), l)
		if state, _ := w.listState(t.Context(), l); state.Failures != 0 || state.ETag != `"v1"` {
			t.Errorf("%s: after a success got %+v, want no failures and the ETag", name, state)
		}
	}
	if got := w.messages(subject.StreamFound); got != 5 {
		t.Errorf("got %d messages on FOUND, want one for each list that recovered", got)
	}
}

func TestListAtAReservedAddressIsNotAsked(t *testing.T) {
	w := newWorld(t, roomy)
	s := newServer(t, text(`[]`))
	guarded := New(roomy, netconfMain, closed, w.bus, w.store, w.log)
	guarded.visitList(t.Context(), s.list(t))
	if got := s.asked.Load(); got != 0 {
		t.Errorf("a list on loopback was asked %d times, want never", got)
	}
}

func TestStateIsWrittenAfterThePublish(t *testing.T) {
	w := newWorld(t, roomy)
	s := newServer(t, text(`["wss://one.list.com"]`))
	l := s.list(t)
	w.bus.Close()
	w.visitList(t.Context(), l)
	if got := s.asked.Load(); got != 0 {
		t.Errorf("without the bus the list was asked %d times, want never: nothing could be kept of it", got)
	}
}

func TestReplicasAskAListOnce(t *testing.T) {
	w := newWorld(t, roomy)
	s := newServer(t, func(rw http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(rw, `["wss://one.list.com"]`)
	})
	done := make(chan struct{})
	for range 8 {
		go func() {
			w.visitList(t.Context(), s.list(t))
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	if got := s.asked.Load(); got != 1 {
		t.Errorf("eight visits at once asked %d times, want once", got)
	}
	if err := w.askList(t.Context(), s.list(t)); err != nil || s.asked.Load() != 1 {
		t.Errorf("a replica that got the lease later asked again (%v), want it to see that the list was read", err)
	}
}
