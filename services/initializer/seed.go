package initializer

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// shippedSeed is deploy/config/seed_relays.txt; a test keeps the two the same.
//
//go:embed seed_relays.txt
var shippedSeed []byte

// Words of SEED_FILE that are no path.
const (
	seedShipped = "shipped"
	seedNone    = "none"
)

const (
	maxSeedFile = 64 << 20 // bytes
	seedLines   = 400      // URLs in one question to the archive and in one message
	maxRefusals = 20       // refused lines that are logged one by one
)

// seedCounts is what became of the lines of the seed file.
type seedCounts struct {
	published, known, refused int
}

// seed publishes the URLs of the seed file that the archive does not know.
func (i *Initializer) seed(ctx context.Context) error {
	file, err := openSeed(i.cfg.Seed)
	if err != nil {
		return err
	}
	defer file.Close()
	counts, err := i.sow(ctx, file)
	if err != nil {
		return fmt.Errorf("publish the seed: %w", err)
	}
	i.log.Info("The seed was published", app.New, counts.published, app.Known, counts.known, app.Refused, counts.refused)
	return nil
}

func openSeed(setting string) (io.ReadCloser, error) {
	switch setting {
	case seedNone:
		return io.NopCloser(bytes.NewReader(nil)), nil
	case seedShipped, "":
		return io.NopCloser(bytes.NewReader(shippedSeed)), nil
	}
	file, err := os.Open(setting)
	if err != nil {
		return nil, fmt.Errorf("read SEED_FILE: %w", err)
	}
	return file, nil
}

// sow reads the seed line by line and publishes it in pieces. A line may be 64 KiB long.
func (i *Initializer) sow(ctx context.Context, file io.Reader) (counts seedCounts, err error) {
	var open []string
	seen := map[relay.URL]bool{}
	flush := func() error {
		published, err := i.publish(ctx, open)
		counts.published += published
		counts.known += len(open) - published
		open = open[:0]
		return err
	}
	limited := &io.LimitedReader{R: file, N: maxSeedFile}
	lines := bufio.NewScanner(limited)
	for number := 1; lines.Scan(); number++ {
		for _, found := range i.parser.Found(lines.Bytes()) {
			switch {
			case found.Err != nil:
				counts.refused++
				i.logRefusal(counts.refused, number, found)
			case !seen[found.URL]:
				seen[found.URL] = true
				open = append(open, string(found.URL))
			}
		}
		if len(open) >= seedLines {
			if err := flush(); err != nil {
				return counts, err
			}
		}
	}
	if limited.N == 0 {
		return counts, fmt.Errorf("read the seed: it is larger than %d bytes", maxSeedFile)
	}
	return counts, errors.Join(lines.Err(), flush())
}

// logRefusal names the first bad lines; a wrong file would fill the log with them.
func (i *Initializer) logRefusal(nth, line int, found relay.Found) {
	if nth <= maxRefusals {
		i.log.Warn("A line of the seed was refused", app.Count, line, app.Reason, relay.ReasonOf(found.Err), app.Text, app.Quote(found.Line))
	}
}

// publish sends the URLs that are unknown to the intake, and returns how many they are.
func (i *Initializer) publish(ctx context.Context, urls []string) (int, error) {
	if len(urls) == 0 {
		return 0, nil
	}
	known, err := i.store.KnownURLs(ctx, urls)
	if err != nil {
		return 0, err
	}
	var lines strings.Builder
	unknown := 0
	for _, url := range urls {
		if _, is := known[url]; !is {
			unknown++
			lines.WriteString(url + "\n")
		}
	}
	if unknown == 0 {
		return 0, nil
	}
	message := bus.Message{Subject: subject.FoundFrom(subject.SourceSeed), Body: []byte(lines.String())}
	return unknown, i.bus.Publish(ctx, message)
}
