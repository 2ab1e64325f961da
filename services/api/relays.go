package api

import (
	"net/http"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

func (a *API) relay(r *http.Request) (any, error) {
	u, err := relayOf(r)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	report, known, err := a.store.RelayReport(r.Context(), string(u))
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, unknown(u)
	}
	health, err := a.store.Health(r.Context(), string(u), now)
	if err != nil {
		return nil, err
	}
	claims, err := a.store.OtherMonitors(r.Context(), string(u))
	if err != nil {
		return nil, err
	}
	out := view.RelayOf(report)
	out.Health, out.Others = view.HealthOf(health), view.OthersOf(agreement.Of(claims, a.monitor, now))
	return out, nil
}
