package store_test

import (
	"errors"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestWhatIsTriedAgainIsNotLost has a writer put bytes back into quarantine before the one who tries them again is done.
func TestWhatIsTriedAgainIsNotLost(t *testing.T) {
	dsn := testkit.Postgres(t)
	writer, eraser, owner := testkit.Store(t, dsn), testkit.Eraser(t, dsn), connect(t, dsn)
	raw, back := []byte("cannot be stored"), make(chan error, 1)
	if err := writer.Quarantine(t.Context(), raw, "first"); err != nil {
		t.Fatal(err)
	}
	err := eraser.RetryQuarantined(t.Context(), 1, func() error {
		go func() { back <- writer.Quarantine(t.Context(), raw, "again") }()
		testkit.Until(t, "the writer waits", func() bool {
			return number(t, owner, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bigbrotr_writer' AND wait_event_type = 'Lock'`) == 1
		})
		return nil
	})
	if err := errors.Join(err, <-back); err != nil {
		t.Fatal(err)
	}
	list, err := eraser.ListQuarantine(t.Context(), 0, "", 10)
	if err != nil || len(list) != 1 || list[0].Reason != "again" {
		t.Errorf("quarantine: got %+v, %v, want what the writer put back", list, err)
	}
	lost := errors.New("the bus is away")
	if err := eraser.RetryQuarantined(t.Context(), list[0].No, func() error { return lost }); !errors.Is(err, lost) {
		t.Errorf("retry without a bus: got %v, want %v", err, lost)
	}
	if _, found, err := eraser.ShowQuarantined(t.Context(), list[0].No); err != nil || !found {
		t.Errorf("after a retry without a bus: got %v, %v, want the row", found, err)
	}
}
