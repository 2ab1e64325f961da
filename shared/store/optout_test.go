package store_test

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestOptOuts(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, reader := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	for i, want := range []bool{true, false} {
		if added, err := s.AddOptOut(t.Context(), "example.com", []string{"asked by mail", "again"}[i]); err != nil || added != want {
			t.Errorf("add for the %d. time: got %v, %v, want %v", i+1, added, err, want)
		}
	}
	list, err := reader.OptOuts(t.Context())
	if err != nil || len(list) != 1 || list[0].Pattern != "example.com" || list[0].Reason != "asked by mail" || list[0].AddedAt.IsZero() {
		t.Fatalf("got %+v, %v, want the first entry alone", list, err)
	}
	if _, err := reader.AddOptOut(t.Context(), "example.org", ""); err == nil {
		t.Error("the role that reads added an opt-out, want an error")
	}
	for _, want := range []bool{true, false} {
		if removed, err := s.RemoveOptOut(t.Context(), "example.com"); err != nil || removed != want {
			t.Errorf("remove: got %v, %v, want %v", removed, err, want)
		}
	}
}
