package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestCandidatesKeepTheirForm(t *testing.T) {
	list := []store.Candidate{
		{URL: "wss://dead.example.com", Network: "clearnet", State: "failed", FoundAt: noon, Sources: []string{"seed", "nip65"}, Tries: 3,
			TriedAt: noon.Add(time.Hour), Reason: "timeout", NextTryAt: noon.Add(7 * time.Hour)},
		{URL: "wss://relay.example.com", Network: "clearnet", State: "relay", FoundAt: noon, Sources: []string{"\x1b[31m"}, Tries: 1,
			TriedAt: noon, AcceptedAt: noon},
		{URL: "wss://new.example.com", Network: "clearnet", State: "new", FoundAt: noon},
	}
	for _, form := range []string{"json", "table", "url"} {
		var out bytes.Buffer
		if err := (&env{stdout: &out}).printCandidates(list, form); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, "testdata/candidates."+form, out.String())
	}
	var out bytes.Buffer
	if err := columns(&out, candidateWords(list[0])...); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/candidate.txt", out.String())
}
