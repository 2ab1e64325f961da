package synchronizer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// maxTold bounds the mistakes that are told of one file.
const maxTold = 50

// mistakes collects what is wrong with one list file, each with its line.
type mistakes struct {
	file  string // the variable and what it names
	told  []error
	count int
}

func (m *mistakes) add(line int, format string, args ...any) {
	if m.count++; m.count <= maxTold {
		m.told = append(m.told, fmt.Errorf("%s line %d: %s", m.file, line, fmt.Sprintf(format, args...)))
	}
}

// err is all that was told, or nil.
func (m *mistakes) err() error {
	if more := m.count - len(m.told); more > 0 {
		return errors.Join(append(m.told, fmt.Errorf("%s: %d more mistakes", m.file, more))...)
	}
	return errors.Join(m.told...)
}

// value is one value of a list file and where it stands. Its methods read it strictly and collect what is wrong, so that
// one reading tells every mistake; the decoder of the library stops at the first of some sorts and keeps no lines. Nothing
// follows an alias, so no text grows.
type value struct {
	*mistakes
	node  *yaml.Node
	where string // "override 2: quantum", for people
}

// parseYAML reads one document; a zero node is an empty one.
func parseYAML(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one document, without a line ---")
	}
	if len(document.Content) == 0 {
		return &document, nil
	}
	return document.Content[0], nil
}

// wrong collects a mistake.
func (v value) wrong(format string, args ...any) {
	if v.where != "" {
		format, args = "%s: "+format, append([]any{v.where}, args...)
	}
	v.add(v.node.Line, format, args...)
}

// inside is a value below this one.
func (v value) inside(node *yaml.Node, where string) value {
	if v.where != "" {
		where = v.where + ": " + where
	}
	return value{v.mistakes, node, where}
}

// record reads a mapping; each gets the members, in their order, and says whether it knows the key.
func (v value) record(each func(key string, member value) bool) {
	if v.node.Kind != yaml.MappingNode {
		v.wrong("got %s, want a record of keys and values", v.kind())
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		at := v.inside(key, app.Quote(key.Value))
		switch first, twice := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			v.inside(key, "key").wrong("got %s, want a word", at.kind())
		case twice:
			at.wrong("the key is on line %d, too; remove one", first)
		case !each(key.Value, v.inside(node, key.Value)):
			at.wrong("unknown key; remove it")
		}
		lines[key.Value] = key.Line
	}
}

// list reads a sequence of low to high values.
func (v value) list(low, high int, each func(i int, item *yaml.Node)) {
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		v.wrong("got %s, want a list of %d..%d values", v.kind(), low, high)
	case n < low || n > high:
		v.wrong("got %d values, want %d..%d", n, low, high)
	default:
		for i, item := range v.node.Content {
			each(i, item)
		}
	}
}

// text reads a scalar as it is written; null is none.
func (v value) text() (string, bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.Tag == "!!null" {
		v.wrong("got %s, want a value", v.kind())
		return "", false
	}
	return v.node.Value, true
}

// kind names what stands there.
func (v value) kind() string {
	switch {
	case v.node.Kind == yaml.MappingNode:
		return "a record"
	case v.node.Kind == yaml.SequenceNode:
		return "a list"
	case v.node.Kind == yaml.AliasNode:
		return "an alias"
	case v.node.Kind == 0 || v.node.Tag == "!!null":
		return "nothing"
	}
	return app.Quote(v.node.Value)
}

// scalar reads a value with a parser; want says what is right.
func scalar[T any](v value, want string, parse func(text string) (T, bool)) *T {
	text, ok := v.text()
	if !ok {
		return nil
	}
	got, ok := parse(text)
	if !ok {
		v.wrong("got %s, want %s", v.kind(), want)
		return nil
	}
	return &got
}

func (v value) duration(low, high time.Duration) *time.Duration {
	return scalar(v, fmt.Sprintf("a duration of %s..%s, such as %s", brief(low), brief(high), brief(low)), func(text string) (time.Duration, bool) {
		d, err := time.ParseDuration(text)
		return d, err == nil && d >= low && d <= high
	})
}

func (v value) whole(low, high int) *int {
	return scalar(v, fmt.Sprintf("a whole number, %d..%d", low, high), func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= low && n <= high
	})
}

func (v value) number(low, high float64) *float64 {
	return scalar(v, fmt.Sprintf("a number, %g..%g", low, high), func(text string) (float64, bool) {
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil && !math.IsNaN(n) && n >= low && n <= high
	})
}

func (v value) size(low, high app.Size) *app.Size {
	return scalar(v, fmt.Sprintf("a size of %s..%s, such as %s", low, high, low), func(text string) (app.Size, bool) {
		var n app.Size
		err := n.UnmarshalText([]byte(text))
		return n, err == nil && n >= low && n <= high
	})
}

func (v value) moment() *time.Time {
	return scalar(v, "unix seconds or RFC 3339, such as 2023-01-01T00:00:00Z", func(text string) (time.Time, bool) {
		var m Moment
		err := m.UnmarshalText([]byte(text))
		return m.Time, err == nil
	})
}

func (v value) yes() *bool {
	return scalar(v, "true or false", func(text string) (bool, bool) { return text == "true", text == "true" || text == "false" })
}

// word reads one of the keys of a table.
func word[T any](v value, table map[string]T) *T {
	words := make([]string, 0, len(table))
	for name := range table {
		words = append(words, name)
	}
	slices.Sort(words)
	return scalar(v, "one of "+strings.Join(words, ", "), func(text string) (T, bool) {
		found, ok := table[text]
		return found, ok
	})
}

// brief writes a duration without parts that are zero: 2m, not 2m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
