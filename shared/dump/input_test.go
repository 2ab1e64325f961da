package dump_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

const text = "\ufefffirst\r\nsecond\n\nlast"

// packed returns the text in every form that is read.
func packed(t *testing.T, text string) map[string][]byte {
	t.Helper()
	var gz, zst bytes.Buffer
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} { // two members, as after a resumed export
		w := gzip.NewWriter(&gz)
		z, err := zstd.NewWriter(&zst)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range []io.WriteCloser{w, z} {
			if _, err := io.WriteString(one, part); err != nil {
				t.Fatal(err)
			}
			if err := one.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return map[string][]byte{"plain": []byte(text), "gz": gz.Bytes(), "zst": zst.Bytes()}
}

func write(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string, pipe io.Reader) *dump.Input {
	t.Helper()
	in, err := dump.Open(path, pipe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	return in
}

func TestEveryPackingIsRead(t *testing.T) {
	for name, body := range packed(t, text) {
		t.Run(name, func(t *testing.T) {
			path := write(t, "input", body)
			in := open(t, path, nil)
			got, err := io.ReadAll(in)
			if err != nil || string(got) != text || in.Taken() != int64(len(body)) || in.Size != int64(len(body)) {
				t.Errorf("got %q, %v, %d of %d bytes, want all of it", got, err, in.Taken(), in.Size)
			}
			pipe := open(t, "-", bytes.NewReader(body))
			if got, err := io.ReadAll(pipe); err != nil || string(got) != text || pipe.Identity != "" {
				t.Errorf("from a pipe: got %q, %v, identity %q, want the text and none", got, err, pipe.Identity)
			}
			rest := open(t, path, nil)
			if err := rest.Skip(10); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(rest); err != nil || string(got) != text[10:] {
				t.Errorf("behind 10 bytes: got %q, %v, want %q", got, err, text[10:])
			}
		})
	}
}

// TestAFileIsKnownByItsBytes gives one file two names, and changes its end.
func TestAFileIsKnownByItsBytes(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 1<<20)
	first, second := open(t, write(t, "a", body), nil), open(t, write(t, "b", body), nil)
	body[len(body)-1] = 'y'
	other := open(t, write(t, "a", body), nil)
	if first.Identity == "" || first.Identity != second.Identity || first.Identity == other.Identity {
		t.Errorf("identities: got %q, %q and %q, want the third to differ", first.Identity, second.Identity, other.Identity)
	}
}

func TestWhatIsNoInputIsRefused(t *testing.T) {
	if _, err := dump.Open(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v, want ErrNotExist", err)
	}
	if _, err := dump.Open(t.TempDir(), nil); err == nil {
		t.Error("a directory: got no error, want one")
	}
	for name, body := range packed(t, strings.Repeat(text, 100)) {
		if name == "plain" {
			continue
		}
		in := open(t, write(t, "cut", body[:len(body)-3]), nil)
		if _, err := io.ReadAll(in); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%s that is cut: got %v, want to be told that it is cut short", name, err)
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("a", 3*dump.MaxLine)
	lines := dump.ReadLines(strings.NewReader(text+"\n"+long+"\nend\n"), 0, 0)
	var got []string
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if line.Long {
			line.Text = []byte("(long)")
		}
		got = append(got, string(line.Text))
	}
	if want := "first|second||last|(long)|end"; strings.Join(got, "|") != want {
		t.Errorf("lines: got %q, want %q", got, want)
	}
	if want := int64(len(text) + 1 + len(long) + 5); lines.Offset() != want || lines.Number() != 6 {
		t.Errorf("position: got byte %d, line %d, want %d and 6", lines.Offset(), lines.Number(), want)
	}
	again := dump.ReadLines(strings.NewReader("second\n"), 10, 1)
	if line, err := again.Next(); err != nil || line.Number != 2 || again.Offset() != 17 {
		t.Errorf("resumed: got line %d, byte %d, %v, want 2 and 17", line.Number, again.Offset(), err)
	}
}
