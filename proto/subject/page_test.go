package subject_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReferencePageNamesEverything compares the page that outsiders read with the frozen table.
func TestReferencePageNamesEverything(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "subjects.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := frozenNames(t)
	if len(names) < 30 {
		t.Fatalf("got %d names from the table, want all of it", len(names))
	}
	for _, name := range names {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/reference/subjects.md does not name `%s`", name)
		}
	}
}

// frozenNames are the streams, consumers, buckets, headers and sample subjects of the golden file.
func frozenNames(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "streams.json"))
	if err != nil {
		t.Fatal(err)
	}
	type named struct{ Name string }
	var table struct {
		Streams, Consumers, Buckets []named
		Headers, Samples            []string
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	for _, group := range [][]named{table.Streams, table.Consumers, table.Buckets} {
		for _, one := range group {
			names = append(names, one.Name)
		}
	}
	return append(append(names, table.Headers...), table.Samples...)
}
