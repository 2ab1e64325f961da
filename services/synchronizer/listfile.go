package synchronizer

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// The shipped files are those of deploy/config; a test keeps them the same.
var (
	//go:embed sync_filters.yaml
	shippedFilters []byte
	//go:embed sync_overrides.yaml
	shippedOverrides []byte
)

// Words of SYNC_FILTERS and SYNC_OVERRIDES that are no path.
const (
	listShipped = "shipped"
	listNone    = "none"
)

// Bounds of the list files.
const (
	maxListFile  = 2 << 20
	maxFilters   = 16
	maxFilter    = 64 << 10 // bytes of JSON: relays refuse longer messages, and every page names its filter
	maxTagValue  = 1024
	maxOverrides = 10_000
)

// readLists reads the list files that the settings name and reports everything that is wrong in them.
func readLists(c Config) (lists, error) {
	var l lists
	filters, problem := readList("SYNC_FILTERS", c.Filters, shippedFilters)
	switch {
	case c.Filters == listNone:
		problem = errors.New("SYNC_FILTERS: got none, which would archive nothing; leave it empty for everything, or name a file")
	case problem == nil:
		l.filters, problem = parseFilters(origin("SYNC_FILTERS", c.Filters), filters)
	}
	overrides, another := readList("SYNC_OVERRIDES", c.Overrides, shippedOverrides)
	if another == nil {
		l.overrides, another = parseOverrides(origin("SYNC_OVERRIDES", c.Overrides), overrides)
	}
	return l, errors.Join(problem, another, c.checkAuth(l))
}

// checkAuth reports overrides that need the key that is not there.
func (c Config) checkAuth(l lists) error {
	if !c.PrivateKey.IsZero() {
		return nil
	}
	var first relay.URL
	for url, o := range l.overrides {
		if o.auth && (first == "" || url < first) {
			first = url
		}
	}
	if first == "" {
		return nil
	}
	return fmt.Errorf("%s: override of %s: auth is true, but there is no key; set SYNC_PRIVATE_KEY or remove auth",
		origin("SYNC_OVERRIDES", c.Overrides), app.Quote(string(first)))
}

// origin names a list file in errors.
func origin(variable, setting string) string {
	if setting == "" {
		setting = listShipped
	}
	return variable + " (" + setting + ")"
}

// readList returns the text of the list file that the setting names.
func readList(variable, setting string, shipped []byte) ([]byte, error) {
	switch setting {
	case listNone:
		return nil, nil
	case listShipped, "":
		return shipped, nil
	}
	return app.ReadList(variable, setting, maxListFile)
}

// parseList reads a file whose one key holds a list; read gets that list.
func parseList(file string, text []byte, key string, read func(value)) error {
	m := &mistakes{file: file}
	unquoted(m, text)
	root, err := parseYAML(text)
	if err != nil {
		return errors.Join(m.err(), fmt.Errorf("decode %s: %w", file, err))
	}
	if root.Kind != 0 {
		value{mistakes: m, node: root}.record(func(name string, member value) bool {
			if name == key {
				read(member)
			}
			return name == key
		})
	}
	return m.err()
}

// bareTag is a tag name without quotes, which YAML takes for a comment: the filter would ask for more than it says.
var bareTag = regexp.MustCompile(`^(?:[^#"']*\s)?(#[A-Za-z]):(?:\s|$)`)

// unquoted collects such names.
func unquoted(m *mistakes, text []byte) {
	line := 0
	for row := range strings.Lines(string(text)) {
		line++
		if found := bareTag.FindStringSubmatch(row); found != nil {
			m.add(line, `%s: without quotes it is a comment; write "%s"`, found[1], found[1])
		}
	}
}
