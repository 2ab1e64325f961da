package initializer

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestDefaults(t *testing.T) {
	got, err := app.Load[Config](map[string]string{})
	if err != nil || got.Seed != seedShipped {
		t.Errorf("got %+v, %v, want the shipped seed", got, err)
	}
	if settings := app.Settings[Config](); len(settings) != 1 || settings[0].Name != "SEED_FILE" {
		t.Errorf("got settings %+v, want SEED_FILE alone: the rest is filled in by the process", settings)
	}
}
