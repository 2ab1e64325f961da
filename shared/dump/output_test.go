package dump_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

func put(t *testing.T, o *dump.Output, text string) {
	t.Helper()
	if _, err := io.WriteString(o, text); err != nil {
		t.Fatal(err)
	}
}

// TestAnOutputIsGoneOnWith dies between two marks, and again after the file has its name: what is read is what should be.
func TestAnOutputIsGoneOnWith(t *testing.T) {
	for _, name := range []string{"out.jsonl", "out.jsonl.gz", "out.jsonl.zst"} {
		path := filepath.Join(t.TempDir(), name)
		first, err := dump.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, first, "one\n")
		mark, err := first.Mark()
		if err != nil {
			t.Fatal(err)
		}
		put(t, first, strings.Repeat("lost\n", 100_000))
		first.Close()

		var file dump.File
		for range 2 { // the second time the file has its name, and nobody noted that
			again, err := dump.Resume(path, mark)
			if err != nil {
				t.Fatal(err)
			}
			put(t, again, "two\n")
			if file, err = again.Finish(); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(open(t, path, nil))
		if err != nil || string(text) != "one\ntwo\n" {
			t.Errorf("%s: got %q, %v, want both lines", name, text, err)
		}
		if err := file.Verify(filepath.Dir(path)); err != nil {
			t.Errorf("%s: the sum that was gone on with: got %v, want the file's", name, err)
		}
		if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := file.Verify(filepath.Dir(path)); !errors.Is(err, dump.ErrMismatch) {
			t.Errorf("%s changed: got %v, want ErrMismatch", name, err)
		}
	}
}

func TestAnOutputThatIsShorterThanItsMarkIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	o, err := dump.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, o, "12345")
	mark, err := o.Mark()
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
	if err := os.Truncate(path+".part", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := dump.Resume(path, mark); err == nil {
		t.Error("got no error, want one: bytes that a mark promises are gone")
	}
}

func TestManifestsOfStrangersAreBounded(t *testing.T) {
	for text, want := range map[string]string{
		`{"format":"other"}`: "format",
		`{"format":"bigbrotr-dump/1","files":[{"path":"../../etc/passwd"}]}`: "outside",
		`{"format":"bigbrotr-dump/1","files":[{"path":"/etc/passwd"}]}`:      "outside",
		`[]`: "manifest",
	} {
		if _, err := dump.ReadManifest(write(t, "manifest.json", []byte(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
