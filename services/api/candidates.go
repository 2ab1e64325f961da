package api

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// What parameters of candidates may be; nil = any text.
var candidateParameters = map[string][]string{
	"state": {"new", "failed", "parked", "given up", "relay"}, "network": {"clearnet", "tor", "i2p", "loki"},
	"reason": nil, "source": nil, "limit": nil, "cursor": nil,
}

// candidateList is a page of candidates; with cursor the next one can be asked for, "" = this was the last.
type candidateList struct {
	Candidates []view.Candidate `json:"candidates"`
	Cursor     string           `json:"cursor"`
}

func (a *API) candidates(r *http.Request) (any, error) {
	q, err := parameters(r, candidateParameters)
	if err != nil {
		return nil, err
	}
	filter := store.CandidateFilter{State: q.Get("state"), Reason: q.Get("reason"), Source: q.Get("source"), Network: q.Get("network")}
	if filter.Limit, err = limit(q.Get("limit")); err != nil {
		return nil, err
	}
	if filter.AfterFound, filter.AfterURL, err = parseCursor(q.Get("cursor")); err != nil {
		return nil, err
	}
	found, err := a.store.Candidates(r.Context(), filter)
	if err != nil {
		return nil, err
	}
	page := candidateList{Candidates: []view.Candidate{}}
	for _, c := range found {
		page.Candidates = append(page.Candidates, view.CandidateOf(c))
	}
	if len(found) == filter.Limit {
		last := found[len(found)-1]
		page.Cursor = cursor(last.FoundAt, last.URL)
	}
	return page, nil
}

func (a *API) candidate(r *http.Request) (any, error) {
	u, err := relayOf(r)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Candidates(r.Context(), store.CandidateFilter{URL: string(u), Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, unknown(u)
	}
	return view.CandidateOf(found[0]), nil
}

// unknown is a URL that nobody has named.
func unknown(u relay.URL) error {
	return &problem{Status: http.StatusNotFound, Detail: "nobody has found " + string(u) + " yet; whoever runs this server can announce it: bigbrotr inject relays"}
}

// relayOf reads the relay of a path, which is all that the request says.
func relayOf(r *http.Request) (relay.URL, error) {
	if _, err := parameters(r, nil); err != nil {
		return "", err
	}
	text := r.PathValue("url")
	u, err := relay.Anywhere.Parse(text)
	if err != nil {
		return "", wrong("url: got " + app.Quote(text) + ", which is no relay URL (" + err.Error() + "); send one such as relay.example.com, or wss%3A%2F%2Frelay.example.com")
	}
	return u, nil
}

// parameters reads a query; each may be there once, and none that is not in the table.
func parameters(r *http.Request, known map[string][]string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wrong("the query is not percent-encoded: " + err.Error())
	}
	for name, values := range q {
		words, is := known[name]
		switch {
		case !is:
			return nil, wrong("there is no parameter " + app.Quote(name) + "; there are: " + names(known))
		case len(values) > 1:
			return nil, wrong(name + ": send it once")
		case words != nil && !slices.Contains(words, values[0]):
			return nil, wrong(name + ": got " + app.Quote(values[0]) + ", want one of " + strings.Join(words, ", "))
		case strings.ContainsRune(values[0], 0), !utf8.ValidString(values[0]):
			return nil, wrong(name + ": send UTF-8 without a NUL; nothing else can be looked for")
		}
	}
	return q, nil
}

func names(known map[string][]string) string {
	var all []string
	for name := range known {
		all = append(all, name)
	}
	slices.Sort(all)
	return cmp.Or(strings.Join(all, ", "), "none")
}

func limit(text string) (int, error) {
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, wrong("limit: got " + app.Quote(text) + ", want 1 to " + strconv.Itoa(maxLimit) + "; for more, go on with the cursor of the answer")
	}
	return n, nil
}

// cursor is a place in a list, opaque to the asker.
func cursor(at time.Time, url string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.Unix(), 10) + " " + url))
}

func parseCursor(text string) (at time.Time, url string, err error) {
	if text == "" {
		return time.Time{}, "", nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	seconds, url, whole := strings.Cut(string(plain), " ")
	unix, noTime := strconv.ParseInt(seconds, 10, 64)
	if _, noRelay := relay.Anywhere.Parse(url); err != nil || noTime != nil || !whole || noRelay != nil {
		return time.Time{}, "", wrong("cursor: got one that this server did not make; send that of the page before as it came")
	}
	return time.Unix(unix, 0), url, nil
}
