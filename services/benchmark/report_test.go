package benchmark

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// sample has a value in every field.
func sample() Report {
	return Report{
		KnownMeans: knownMeans, VerifyMicroseconds: 17.3, Stages: []Stage{{"encode", 2.5}}, Settings: map[string]string{"GOGC": "100"},
		Walks:     []Walk{{Name: "new", CPU: map[string]float64{"writer": 12.5, total: 12.5}}},
		Processes: []Process{{"writer", 7 << 20}},
	}
}

// TestFieldsAreFrozen compares the names in the JSON with those that scripts rely on.
func TestFieldsAreFrozen(t *testing.T) {
	text, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(paths("", value), "\n") + "\n"
	testkit.Golden(t, "testdata/report.fields", got)
}

// paths lists the names of all values in a JSON document.
func paths(at string, value any) (all []string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, paths(at+"."+name, v[name])...)
		}
		return all
	case []any:
		for _, item := range v {
			all = append(all, paths(at+"[]", item)...)
		}
		return all
	}
	return []string{fmt.Sprintf("%s %T", at, value)}
}

func TestTableNamesEveryProcess(t *testing.T) {
	var table strings.Builder
	if err := sample().Table(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range append(columns, "12.5", "17.3", "encode 2.5", "GOGC=100", "synchronous_commit=on") {
		if !strings.Contains(table.String(), want) {
			t.Errorf("table: got no %q, want it:\n%s", want, table.String())
		}
	}
}
