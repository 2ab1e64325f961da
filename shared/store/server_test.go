package store_test

import (
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestServerTellsWhatItIs(t *testing.T) {
	got, err := testkit.Reader(t, testkit.Postgres(t)).Server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version < 150000 || got.User != "bigbrotr_reader" || got.SynchronousCommit == "" || got.Fsync == "" ||
		!slices.Equal(got.Roles, []string{"bigbrotr_reader", "bigbrotr_writer"}) {
		t.Errorf("got %+v, want version, user and both roles", got)
	}
}
