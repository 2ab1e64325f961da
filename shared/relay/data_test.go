package relay

import (
	"bufio"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// dataPath finds a file of the shared test data, which a clone alone does not have.
func dataPath(t testing.TB, name string) (string, bool) {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Logf("%s is not there: nothing of it was run", name)
		return "", false
	}
	return path, true
}

func dataLines(t testing.TB, name string) []string {
	path, ok := dataPath(t, name)
	if !ok {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if s.Err() != nil || len(out) == 0 {
		t.Fatalf("read %s: got %d lines and %v", name, len(out), s.Err())
	}
	return out
}

func dataRows(t testing.TB, name string) [][]string {
	path, ok := dataPath(t, name)
	if !ok {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("read %s: got %d rows and %v", name, len(rows), err)
	}
	return rows[1:]
}
