package monitor

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

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
	text, err := app.ReadList("MONITOR_CANARIES", setting, maxCanaryFile)
	if err != nil {
		return nil, err
	}
	return parseCanaries(text, parser)
}

// parseCanaries reads the list file and reports everything that is wrong in it.
func parseCanaries(text []byte, parser relay.Parser) (map[relay.Network][]relay.URL, error) {
	var file struct {
		Canaries map[relay.Network][]string `yaml:"canaries"`
	}
	if err := app.DecodeList("MONITOR_CANARIES", text, &file); err != nil {
		return nil, err
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
