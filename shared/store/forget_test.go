package store_test

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestForgottenCoverageIsThatOfOneRelay(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	events := makeEvents(5)
	write(t, s, batchOf(pageOf(relayA, noon, events...), pageOf(relayB, noon, events...)))
	owner, err := store.Open(store.Config{URL: dsn, Service: "test"}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.ForgetCoverage(t.Context(), relayA); err != nil {
		t.Fatal(err)
	}
	for relay, want := range map[string]int{relayA: 0, relayB: 1} {
		rows, err := s.Coverage(t.Context(), relay, "{}")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "intervals of "+relay, len(rows), want)
	}
	conn := connect(t, dsn)
	expect(t, "sightings", number(t, conn, "SELECT count(*) FROM sighting"), 10)
	if err := s.ForgetCoverage(t.Context(), relayB); err == nil {
		t.Error("the writer forgot coverage: got no error, want a refusal")
	}
}
