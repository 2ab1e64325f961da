package synchronizer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		text, again string
		want        Schedule
	}{
		{"1d,3d,10d,30d,90d", "1d,3d,10d,30d,90d", Schedule{day, 3 * day, 10 * day, 30 * day, 90 * day}},
		{"1h, 24h , 36h", "1h,1d,36h", Schedule{time.Hour, day, 36 * time.Hour}},
		{"none", "none", nil},
		{"3650d", "3650d", Schedule{maxAge}},
	} {
		var s Schedule
		if err := s.UnmarshalText([]byte(c.text)); err != nil || !slices.Equal(s, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.text, s, err, c.want)
		}
		if text, err := s.MarshalText(); err != nil || string(text) != c.again {
			t.Errorf("%s: got %s, %v, want %s", c.text, text, err, c.again)
		}
	}
	for _, text := range []string{"", ",", "1d,", "1", "d", "0d", "-1d", "+1d", "1.5d", "1d,1d", "1d,24h", "3d,1d", "3651d", "99999999999h", "1m", "1w", "none,1d", strings.Repeat("1h,", maxAges) + "2d"} {
		var s Schedule
		if err := s.UnmarshalText([]byte(text)); err == nil || len(s) > 0 {
			t.Errorf("%q: got %v, %v, want an error", text, s, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	cfg, err := app.Load[Config](map[string]string{})
	if err == nil {
		err = cfg.Validate()
	}
	rewalk, _ := cfg.Rewalk.MarshalText()
	if err != nil || string(rewalk) != "1d,3d,10d,30d,90d" || !cfg.Live || cfg.LiveWait != 200*time.Millisecond || cfg.Audit != 1000 ||
		cfg.Filters != listShipped || cfg.Overrides != listShipped || !cfg.PrivateKey.IsZero() {
		t.Errorf("got %+v, %v, want the defaults of the reference", cfg, err)
	}
	off, err := app.Load[Config](map[string]string{"SYNC_REWALK": "none", "SYNC_LIVE": "false", "SYNC_PRIVATE_KEY": someNsec})
	if key, wrong := off.key(); err != nil || wrong != nil || len(off.Rewalk) != 0 || off.Live || key == nil {
		t.Errorf("got %+v, %v, %v, want no walk again, no live tail and a key", off, err, wrong)
	}
	for name, value := range map[string]string{"SYNC_REWALK": "3d,1d", "SYNC_LIVE_WAIT": "5ms", "SYNC_AUDIT": "100001", "SYNC_LIVE": "maybe"} {
		if _, err := app.Load[Config](map[string]string{name: value}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: got %v, want an error that names it", name, value, err)
		}
	}
}
