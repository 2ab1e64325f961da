package feed

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestReadTakesWhatTheWriterPublishes reads the bodies that are frozen as public interface.
func TestReadTakesWhatTheWriterPublishes(t *testing.T) {
	text, err := os.ReadFile("../../services/writer/testdata/facts.golden")
	if err != nil {
		t.Fatal(err)
	}
	var got []Check
	for block := range strings.SplitSeq(string(text), "\n\n") {
		if !strings.HasPrefix(block, "brotr.check.") {
			continue
		}
		lines := strings.Split(strings.TrimSpace(block), "\n")
		c, err := Read([]byte(lines[len(lines)-1]))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
	}
	if len(got) < 2 {
		t.Fatalf("got %d results in the golden file, want some", len(got))
	}
	first, second := got[0], got[1]
	if first.Relay != "wss://a.example.com" || first.Vantage != "main" || first.State != "up" || first.CheckedAt.Unix() != 1789992000 ||
		first.NextCheckAt.Unix() != 1789995600 || !first.Results["open"].OK || first.Results["open"].RTT != 42*time.Millisecond ||
		first.Results["read"].Reason != "timeout" || !first.Answered() {
		t.Errorf("got %+v, want what the file says", first)
	}
	if second.State != "down" || second.Failures != 3 || !second.NextCheckAt.IsZero() || second.Answered() {
		t.Errorf("got %+v, want what the file says", second)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, body := range []string{``, `[]`, `{}`, `{"relay":"nowhere","checked_at":1,"state":"up"}`, `{"relay":"wss://a.example.com","state":"up"}`,
		`{"relay":"wss://a.example.com","checked_at":-1,"state":"up"}`, `{"relay":"wss://a.example.com","checked_at":1}`} {
		if c, err := Read([]byte(body)); err == nil {
			t.Errorf("%s got %+v, want an error", body, c)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"relay":"wss://a.example.com","vantage":"main","checked_at":1,"state":"up","since":1,"failures":0,"results":[{"check":"open","ok":true,"rtt_ms":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, err := Read(body); err == nil && (c.Relay == "" || c.State == "" || c.CheckedAt.IsZero()) {
			t.Errorf("%q got %+v, want a whole result", body, c)
		}
	})
}
