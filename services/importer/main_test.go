package importer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const relayA = "wss://a.example.com"

var key = event.GenerateKey()

// place is what an import works in.
type place struct {
	*testing.T
	dsn string
	bus *bus.Bus
}

func newPlace(t *testing.T) *place {
	t.Helper()
	return &place{t, testkit.Postgres(t), testkit.NATS(t)}
}

// write stores what is on INGEST until it is empty.
func (p *place) write() {
	p.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() {
		if err := testkit.Write(ctx, p.bus, testkit.Store(p.T, p.dsn)); err != nil {
			p.Errorf("write: %v", err)
		}
	})
	testkit.Until(p.T, "INGEST is empty", func() bool { return testkit.Messages(p.T, p.bus, subject.StreamIngest) == 0 })
	cancel()
	writing.Wait()
}

// lines imports a file and expects no error.
func (p *place) lines(path string, url string) importer.Report {
	p.Helper()
	report, err := p.importLines(p.Context(), path, url, false)
	if err != nil {
		p.Fatal(err)
	}
	return report
}

func (p *place) importLines(ctx context.Context, path, url string, again bool) (importer.Report, error) {
	p.Helper()
	in, err := dump.Open(path, nil)
	if err != nil {
		p.Fatal(err)
	}
	defer in.Close()
	source := &importer.Lines{Input: in, SeenAt: in.Changed, Vantage: "main"}
	if url != "" {
		source.Relay = relayURL(url)
	}
	return importer.New(p.bus, testkit.Log(p.T)).Run(ctx, source, again)
}

func (p *place) expect(what string, got, want any) {
	p.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (p *place) number(query string, args ...any) int64 {
	p.Helper()
	return testkit.Number(p.T, p.dsn, query, args...)
}

// file writes lines.
func (p *place) file(lines ...string) string {
	p.Helper()
	path := filepath.Join(p.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		p.Fatal(err)
	}
	return path
}

// signed makes n events as lines.
func signed(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		e := key.Sign(int64(1_700_000_000+i), 1, [][]string{{"t", "x"}}, fmt.Sprint("event ", i))
		lines[i] = string(e.AppendJSON(nil))
	}
	return lines
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
