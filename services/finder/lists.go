package finder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const (
	listTimeout  = 30 * time.Second // of one question, its body included
	listMax      = 5 << 20          // bytes of one list
	listPause    = time.Second      // between two questions
	listBackoff  = 5 * time.Minute  // after the first failure, doubled after each further one up to the list's period
	listLook     = time.Hour        // how long a due list may go unnoticed at most
	maxValidator = 1024             // bytes of an ETag or Last-Modified that are kept
)

// listState is what is kept of a list between two questions.
type listState struct {
	NextAt       time.Time `json:"next_at"`
	Failures     int       `json:"failures,omitempty"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
}

// keepLists asks each list when it is due, until ctx ends.
func (f *Finder) keepLists(ctx context.Context, lists []list) {
	for len(lists) > 0 {
		wait := listLook
		for i := range lists {
			if due := f.visitList(ctx, &lists[i]); due < wait {
				wait = due
			}
			if !app.Sleep(ctx, listPause) {
				return
			}
		}
		if !app.Sleep(ctx, app.Jitter(max(wait, listPause), 0.1)) {
			return
		}
	}
}

// visitList asks a list if it is due and nobody else is at it, and returns the time until it may be due again.
func (f *Finder) visitList(ctx context.Context, l *list) time.Duration {
	state, err := f.listState(ctx, l)
	if err == nil && f.now().Before(state.NextAt) {
		return state.NextAt.Sub(f.now())
	}
	if err == nil {
		err = f.askList(ctx, l)
	}
	if held, ok := errors.AsType[*bus.HeldError](err); ok {
		return held.Remaining
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("A list of relays was not read", app.Source, l.URL, app.Err, err)
		return listBackoff
	}
	return listPause
}

// askList reads a list under its lease. The state is written when what the list named is acknowledged by the bus, so a
// crash in between asks again.
func (f *Finder) askList(ctx context.Context, l *list) error {
	lease, err := f.bus.Lease(ctx, l.key())
	if err != nil {
		return err
	}
	defer lease.Release()
	state, err := f.listState(ctx, l)
	if err != nil || f.now().Before(state.NextAt) {
		return err // another replica was here in between
	}
	outcome, asked := "published", f.readList(ctx, l, &state)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case asked == nil:
		state.Failures, state.NextAt = 0, f.now().Add(l.Every)
	case errors.Is(asked, errUnchanged):
		outcome, asked = "unchanged", nil
		state.Failures, state.NextAt = 0, f.now().Add(l.Every)
	default:
		outcome = "failed"
		state.Failures++
		state.NextAt = f.now().Add(min(listBackoff<<min(state.Failures-1, 10), l.Every))
	}
	listsFetched.WithLabelValues(outcome).Inc()
	return errors.Join(asked, f.saveList(ctx, l, state))
}

func (f *Finder) listState(ctx context.Context, l *list) (listState, error) {
	var state listState
	value, there, err := f.bus.Get(ctx, l.key())
	if err != nil || !there {
		return state, err
	}
	if json.Unmarshal(value, &state) != nil {
		return listState{}, nil // a state that does not decode costs one question too many
	}
	return state, nil
}

func (f *Finder) saveList(ctx context.Context, l *list, state listState) error {
	value, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("encode the state of a list: %w", err)
	}
	return f.bus.Put(ctx, l.key(), value)
}

// errUnchanged says that the list is what it was (HTTP 304).
var errUnchanged = errors.New("list is unchanged")

// readList asks for a list and publishes what it names. On success it notes in state how to ask again.
func (f *Finder) readList(ctx context.Context, l *list, state *listState) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	body, header, err := f.download(ctx, l, *state)
	if err != nil {
		return err
	}
	urls, unfit, err := l.choose(body)
	if err != nil {
		return err
	}
	if unfit > 0 {
		urlsRefused.WithLabelValues("not_text").Add(float64(unfit))
	}
	if err := f.bus.PublishMany(ctx, listMessages(urls)); err != nil {
		return fmt.Errorf("publish %d URLs of a list: %w", len(urls), err)
	}
	state.ETag, state.LastModified = validator(header, "ETag"), validator(header, "Last-Modified")
	f.log.Info("A list of relays was read", app.Source, l.URL, app.Count, len(urls), app.Refused, unfit)
	return nil
}

// validator is a header that makes the next question conditional; one that is too long is not worth it.
func validator(header http.Header, name string) string {
	if value := header.Get(name); len(value) <= maxValidator {
		return value
	}
	return ""
}

// download fetches a list through the guarded client.
func (f *Finder) download(ctx context.Context, l *list, state listState) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for list: %w", err)
	}
	request.Header.Set("Accept", "application/json, text/plain;q=0.9")
	if state.ETag != "" {
		request.Header.Set("If-None-Match", state.ETag)
	}
	if state.LastModified != "" {
		request.Header.Set("If-Modified-Since", state.LastModified)
	}
	response, err := f.dialer.HTTPClient().Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for list: %w", err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified:
		return nil, nil, errUnchanged
	case response.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("ask for list: HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, listMax+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read list: %w", err)
	}
	if len(body) > listMax {
		return nil, nil, fmt.Errorf("read list: it is larger than %d bytes", listMax)
	}
	return body, response.Header, nil
}
