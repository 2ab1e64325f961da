package finder

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jmespath-community/go-jmespath"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// shippedSources is deploy/config/sources.yaml; a test keeps the two the same.
//
//go:embed sources.yaml
var shippedSources []byte

// Words of FINDER_SOURCES that are no path.
const (
	sourcesShipped = "shipped"
	sourcesNone    = "none"
)

// Bounds of the list file.
const (
	maxSourcesFile = 1 << 20
	maxLists       = 100
	maxExpression  = 1024
	minEvery       = time.Minute
	maxEvery       = 30 * 24 * time.Hour
	defaultEvery   = 24 * time.Hour
	defaultSelect  = "[*]"
	selectLines    = "lines" // the list is text, one URL a line
)

// list is one HTTP list of relays.
type list struct {
	URL    string        `yaml:"url"`
	Select string        `yaml:"select"`
	Every  time.Duration `yaml:"every"`

	expression jmespath.JMESPath
}

// readSources reads the list file that the setting names.
func readSources(setting string) ([]list, error) {
	switch setting {
	case sourcesNone:
		return nil, nil
	case sourcesShipped, "":
		return parseSources(shippedSources)
	}
	text, err := app.ReadList("FINDER_SOURCES", setting, maxSourcesFile)
	if err != nil {
		return nil, err
	}
	return parseSources(text)
}

// parseSources reads the list file and reports everything that is wrong in it.
func parseSources(text []byte) ([]list, error) {
	var file struct {
		Sources []list `yaml:"sources"`
	}
	if err := app.DecodeList("FINDER_SOURCES", text, &file); err != nil {
		return nil, err
	}
	if len(file.Sources) > maxLists {
		return nil, fmt.Errorf("decode FINDER_SOURCES: got %d sources, want at most %d", len(file.Sources), maxLists)
	}
	var wrong []error
	seen := map[string]bool{}
	for i := range file.Sources {
		one := &file.Sources[i]
		if err := one.complete(); err != nil {
			wrong = append(wrong, fmt.Errorf("source %d of FINDER_SOURCES: %w", i+1, err))
		} else if seen[one.key()] {
			wrong = append(wrong, fmt.Errorf("source %d of FINDER_SOURCES: it is there twice", i+1))
		}
		seen[one.key()] = true
	}
	return file.Sources, errors.Join(wrong...)
}

// complete fills in the defaults and checks the rest.
func (l *list) complete() error {
	if l.Select == "" {
		l.Select = defaultSelect
	}
	if l.Every == 0 {
		l.Every = defaultEvery
	}
	if u, err := url.Parse(l.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("url: got %.200q, want http://… or https://…", l.URL)
	}
	if l.Every < minEvery || l.Every > maxEvery {
		return fmt.Errorf("every: got %s, want %s..%s", l.Every, minEvery, maxEvery)
	}
	if len(l.Select) > maxExpression {
		return fmt.Errorf("select: got %d bytes, want at most %d", len(l.Select), maxExpression)
	}
	if l.Select == selectLines {
		return nil
	}
	expression, err := jmespath.Compile(l.Select)
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	l.expression = expression
	return nil
}

// key is where the state of the list is kept on the bus.
func (l *list) key() string { return "finder_list_" + fingerprint(l.URL+" "+l.Select) }
