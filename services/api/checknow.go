package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// check hands the wish that a relay be checked at once to a monitor, whose answer it passes on.
func (a *API) check(r *http.Request) (any, error) {
	u, err := relayOf(r)
	if err != nil {
		return nil, err
	}
	text, err := a.bus.Request(r.Context(), subject.RelayCheck, []byte(u))
	if errors.Is(err, bus.ErrNobody) {
		return nil, &problem{Status: http.StatusServiceUnavailable, Detail: "no monitor is running; ask again later", RetryAfter: 60}
	}
	if err != nil {
		return nil, err
	}
	var wish subject.Wish
	if err := json.Unmarshal(text, &wish); err != nil {
		return nil, fmt.Errorf("read the monitor's answer: %w", err)
	}
	switch wish.Verdict {
	case subject.WishAccepted:
		return accepted{wish}, nil
	case subject.WishLimited:
		return nil, &problem{Status: http.StatusTooManyRequests, Detail: string(u) + " was checked a moment ago, or too many checks are wished for", RetryAfter: wish.RetryAfter}
	case subject.WishUnknown:
		return nil, unknown(u)
	}
	return nil, wrong(app.Quote(wish.Reason) + ": " + string(u) + " is never dialled from here")
}
