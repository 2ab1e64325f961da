package app_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

func TestListsAreReadWithinABound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.yaml")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := app.ReadList("A_LIST", path, 5); err != nil || string(text) != "12345" {
		t.Errorf("got %q, %v, want the text", text, err)
	}
	if _, err := app.ReadList("A_LIST", path, 4); err == nil || !strings.Contains(err.Error(), "A_LIST") || !strings.Contains(err.Error(), "larger than 4 bytes") {
		t.Errorf("a large file: got %v, want to be told of the setting and the bound", err)
	}
	if _, err := app.ReadList("A_LIST", path+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want that it does not exist", err)
	}
}

func TestMistakesInAListAreToldInItsOwnWords(t *testing.T) {
	type record struct {
		Names []string      `yaml:"names"`
		Quiet time.Duration `yaml:"quiet"`
		Limit int           `yaml:"limit"`
		Again bool          `yaml:"again"`
	}
	for text, want := range map[string]string{
		"records: [{names: a}]":             "line 1: cannot unmarshal !!str `a`, want a list",
		"records: [{quiet: soon}]":          "want a duration, such as 15m",
		"records: [{limit: many}]":          "want a number",
		"records: [{again: perhaps}]":       "want true or false",
		"records:\n  - {nam: [a]}":          "line 2: field nam not found",
		"records: [text]":                   "want keys with values",
		"records: [{limit: x, names: y}]":   "; ",
		"records: [":                        "did not find expected node content",
		"records: []\nrecords: []":          "already defined",
		"records: [{names: [a], quiet: 1m}": "did not find",
	} {
		var list struct {
			Records []record `yaml:"records"`
		}
		err := app.DecodeList("A_LIST", []byte(text), &list)
		if err == nil || !strings.HasPrefix(err.Error(), "decode A_LIST: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "app_test") {
			t.Errorf("%s: got %v, want %q in it", text, err, want)
		}
	}
	var list struct{ Records []record }
	for _, text := range []string{"", "# nothing\n", "records: [{names: [a], quiet: 1m, limit: 3, again: true}]"} {
		if err := app.DecodeList("A_LIST", []byte(text), &list); err != nil {
			t.Errorf("%q: got %v, want nil", text, err)
		}
	}
	if len(list.Records) != 1 || list.Records[0].Quiet != time.Minute {
		t.Errorf("got %+v, want the record", list.Records)
	}
}
