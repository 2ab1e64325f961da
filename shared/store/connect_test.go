package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestConnectGoesOnTryingUntilItsContextEnds(t *testing.T) {
	s, err := store.Open(store.Config{URL: "postgres://nobody@127.0.0.1:1/x", Service: "test"}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Connect to nothing: got %v, want the end of its context", err)
	}
	if err := testkit.Reader(t, testkit.Postgres(t)).Connect(t.Context()); err != nil {
		t.Errorf("Connect: got %v, want nil", err)
	}
	if _, err := store.Open(store.Config{URL: "postgres://x:port/y"}, testkit.Log(t)); err == nil {
		t.Error("Open of a broken URL: got no error, want one")
	}
}
