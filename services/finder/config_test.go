package finder

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestDefaults(t *testing.T) {
	got, err := app.Load[Config](map[string]string{})
	if want := (Config{Sources: sourcesShipped, NIP05: true, MaxPerDomain: 50, MaxPerDay: 20_000}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := app.Load[Config](map[string]string{"FINDER_MAX_PER_DAY": "50001"}); err == nil {
		t.Error("a cap whose counts do not fit one value got no error")
	}
}
