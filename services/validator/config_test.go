package validator

import (
	"fmt"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestDefaults(t *testing.T) {
	cfg, err := app.Load[Config](map[string]string{})
	if got, want := fmt.Sprint(cfg, err), "{[10m0s 1h0m0s 6h0m0s] 168h0m0s 12} <nil>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := app.Load[Config](map[string]string{"VALIDATOR_BACKOFF": "10m,0s"}); err == nil {
		t.Error("a delay of nothing got no error")
	}
}
