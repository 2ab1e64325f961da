package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// problem is an error of the asker, or of ours without its particulars, as RFC 9457 has it.
type problem struct {
	Status     int    `json:"status"`
	Title      string `json:"title"`
	Detail     string `json:"detail"` // what to send instead, or to do
	RetryAfter int64  `json:"-"`      // seconds, 0 = none
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

// wrong is a request that is not understood.
func wrong(detail string) error { return &problem{Status: http.StatusBadRequest, Detail: detail} }

// unavailable is all that an asker learns of a failure of ours.
var unavailable = problem{Status: http.StatusServiceUnavailable, Detail: "the archive or the broker is not available; ask again", RetryAfter: 5}

// accepted is an answer to something that will be done.
type accepted struct{ body any }

// respond sends an answer or a problem.
func (a *API) respond(w http.ResponseWriter, r *http.Request, body any, err error) {
	status, kind := http.StatusOK, "application/json"
	if later, ok := body.(accepted); ok {
		status, body = http.StatusAccepted, later.body
	}
	if err != nil {
		p := a.problemOf(r, err)
		status, kind, body = p.Status, "application/problem+json", p
		w.Header().Set("Cache-Control", "no-store")
		if p.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.FormatInt(p.RetryAfter, 10))
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		a.log.Error("Answer could not be written as JSON", app.Err, err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the asker may be gone
}

// problemOf is what the asker is told of an error.
func (a *API) problemOf(r *http.Request, err error) problem {
	var p problem
	if told, ok := errors.AsType[*problem](err); ok {
		p = *told
	} else {
		p = unavailable
		if !errors.Is(err, context.Canceled) || r.Context().Err() == nil {
			a.log.Warn("Question could not be answered", app.Err, err)
		}
	}
	p.Title = http.StatusText(p.Status)
	return p
}
