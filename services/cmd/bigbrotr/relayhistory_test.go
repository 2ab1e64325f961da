package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/diagnosis"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

func versions() []store.Version {
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
	return []store.Version{
		{Vantage: "main", Type: "nip11", FirstSeen: at(9), LastSeen: at(12), SHA256: []byte{4}, Body: []byte("<html>" + hostile)},
		{Vantage: "main", Type: "nip11", FirstSeen: at(5), LastSeen: at(8), SHA256: []byte{3}, Body: []byte(`{"name":"b\u202e","supported_nips":[1,11111111111111111111111111]}`)},
		{Vantage: "berlin", Type: "nip11", FirstSeen: at(3), LastSeen: at(12), SHA256: []byte{2}, Body: []byte(`{"name":"elsewhere"}`)},
		{Vantage: "main", Type: "nip11", FirstSeen: at(1), LastSeen: at(4), SHA256: []byte{1}, Body: []byte(`{"name":"a","icon":"x"}`)},
	}
}

func TestHistoryKeepsItsForm(t *testing.T) {
	var out bytes.Buffer
	if err := (&env{stdout: &out}).writeJSON(relayVersions(versions(), "", false)); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/history.json", out.String())
	out.Reset()
	if err := columns(&out, versionLines(relayVersions(versions(), "main", true))...); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/history.txt", out.String())
	if strings.ContainsAny(out.String(), "\x1b\u202e\u200b") {
		t.Errorf("got the relay's own bytes in %q", out.String())
	}
}

func TestDiagnosisKeepsItsForm(t *testing.T) {
	found := []diagnosis.Finding{{Name: "port-closed", Severity: diagnosis.Broken, Title: "Its port refuses connections", Mend: "Start it."},
		{Name: "redirect", Severity: diagnosis.Notice, Title: "It is elsewhere", Detail: hostile, Mend: "Serve it here."}}
	all := []relayDiagnosis{{"wss://relay.example.com", "main", "blocked", found}, {"wss://relay.example.com", "berlin", "up", []diagnosis.Finding{}}}
	var out bytes.Buffer
	if err := (&env{stdout: &out}).writeJSON(all); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/diagnosis.json", out.String())
	out.Reset()
	if err := columns(&out, diagnosisLines(all)...); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/diagnosis.txt", out.String())
}

func TestOtherMonitorsAreShownBesideOurs(t *testing.T) {
	var lines []string
	for _, a := range []agreement.Agreement{{}, {Monitors: 3, Reached: 1, NIPs: []string{}},
		{Monitors: 3, Reached: 2, LastAt: noon, Open: 120 * time.Millisecond, NIPs: []string{"1", "42"}, Requirements: []string{"!payment"}}} {
		lines = append(lines, othersLines(a)...)
	}
	var out bytes.Buffer
	if err := columns(&out, lines...); err != nil {
		t.Fatal(err)
	}
	if err := (&env{stdout: &out}).writeJSON(view.OthersOf(agreement.Agreement{Monitors: 1, NIPs: []string{}, Requirements: []string{}})); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/others.txt", out.String())
}
