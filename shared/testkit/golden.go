package testkit

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files instead of comparing them")

// Golden compares a text with a file, or writes the file with -update. Only the first line that differs is told.
func Golden(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(text); got != want {
		n, gotLine, wantLine := firstDifference(got, want)
		t.Errorf("%s:%d: got %q, want %q (-update writes the file)", path, n, gotLine, wantLine)
	}
}

// firstDifference returns the number, from 1, of the first line in which two texts differ; a missing line is empty.
func firstDifference(got, want string) (n int, gotLine, wantLine string) {
	for n = 1; ; n++ {
		gotLine, got, _ = strings.Cut(got, "\n")
		wantLine, want, _ = strings.Cut(want, "\n")
		if gotLine != wantLine || got == "" && want == "" {
			return n, gotLine, wantLine
		}
	}
}
