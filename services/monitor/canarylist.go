package monitor

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// shippedCanaries is deploy/config/canaries.yaml; a test keeps the two the same.
//
//go:embed canaries.yaml
var shippedCanaries []byte

// Words of MONITOR_CANARIES that are no path.
const (
	canariesShipped = "shipped"
	canariesNone    = "none"
)

// Bounds of the list file.
const (
	maxCanaryFile = 64 << 10
	maxCanaries   = 15
)

// readCanaries reads the list file that the setting names, by network.
func readCanaries(setting string, parser relay.Parser) (map[relay.Network][]relay.URL, error) {
	switch setting {
	case canariesNone, "":
		return nil, nil
	case canariesShipped:
		return parseCanaries(shippedCanaries, parser)
	}
	file, err := os.Open(setting)
	if err != nil {
		return nil, fmt.Errorf("read MONITOR_CANARIES: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxCanaryFile+1))
	if err == nil && len(text) > maxCanaryFile {
		err = fmt.Errorf("it is larger than %d bytes", maxCanaryFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read MONITOR_CANARIES: %w", err)
	}
	return parseCanaries(text, parser)
}

// parseCanaries reads the list file and reports everything that is wrong in it.
func parseCanaries(text []byte, parser relay.Parser) (map[relay.Network][]relay.URL, error) {
	var file struct {
		Canaries map[relay.Network][]string `yaml:"canaries"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("decode MONITOR_CANARIES: %w", err)
	}
	lists := map[relay.Network][]relay.URL{}
	var wrong []error
	for network, words := range file.Canaries {
		urls, err := canariesOf(network, words, parser)
		lists[network], wrong = urls, append(wrong, err)
	}
	return lists, errors.Join(wrong...)
}

func canariesOf(network relay.Network, words []string, parser relay.Parser) (urls []relay.URL, err error) {
	var wrong []error
	if !slices.Contains(relay.Networks(), network) {
		wrong = append(wrong, fmt.Errorf("got network %s, want one of %v", app.Quote(string(network)), relay.Networks()))
	}
	if len(words) > maxCanaries {
		wrong = append(wrong, fmt.Errorf("canaries of %s: got %d, want at most %d", app.Quote(string(network)), len(words), maxCanaries))
	}
	seen := map[relay.URL]bool{}
	for _, word := range words {
		url, err := parser.Parse(word)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("canary %s: %w", app.Quote(word), err))
		case url.Network() != network:
			wrong = append(wrong, fmt.Errorf("canary %s: it is in network %s, not in %s", url, url.Network(), app.Quote(string(network))))
		case seen[url]:
			wrong = append(wrong, fmt.Errorf("canary %s: it is there twice", url))
		}
		seen[url] = true
		urls = append(urls, url)
	}
	return urls, errors.Join(wrong...)
}
