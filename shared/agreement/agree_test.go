package agreement

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const url = "wss://relay.example.com"

var now = time.Unix(1_800_000_000, 0)

// says makes a claim of monitor n, so many hours ago.
func says(t *testing.T, n byte, hours int, tags ...[]string) Claim {
	t.Helper()
	c, ok := Read(event.PubKey{n}, now.Add(-time.Duration(hours)*time.Hour), append([][]string{{"d", url + "/"}}, tags...), url)
	if !ok {
		t.Fatal("got an event of another relay")
	}
	return c
}

func TestOneMonitorIsNeverTrustedAlone(t *testing.T) {
	nips, open := []string{"N", "42"}, []string{"rtt-open", "120"}
	for name, c := range map[string]struct {
		claims  []Claim
		reached int
		up      bool
		nips    []string
	}{
		"nobody":             {nil, 0, false, []string{}},
		"one":                {[]Claim{says(t, 1, 1, nips, open)}, 1, false, []string{}},
		"one, several times": {[]Claim{says(t, 1, 1, nips), says(t, 1, 2, nips), says(t, 1, 3, nips)}, 1, false, []string{}},
		"two":                {[]Claim{says(t, 1, 1, nips, open), says(t, 2, 20, nips, open)}, 2, true, []string{"42"}},
		"two, one is stale":  {[]Claim{says(t, 1, 1, nips), says(t, 2, 26, nips)}, 1, false, []string{}},
		"two, one is ours":   {[]Claim{says(t, 1, 1, nips), says(t, 9, 1, nips)}, 1, false, []string{}},
		"two, of two minds":  {[]Claim{says(t, 1, 1, nips), says(t, 2, 1, []string{"N", "50"})}, 2, true, []string{}},
		"from the future":    {[]Claim{says(t, 1, 1), says(t, 2, -5)}, 1, false, []string{}},
	} {
		got := Of(c.claims, event.PubKey{9}, now)
		if got.Reached != c.reached || got.Up() != c.up || !slices.Equal(got.NIPs, c.nips) || (got.Open > 0) != (name == "two") {
			t.Errorf("%s: got %+v, want %d reached, up %v, NIPs %v", name, got, c.reached, c.up, c.nips)
		}
	}
}

func TestRequirementsOfTwoMinds(t *testing.T) {
	got := Of([]Claim{
		says(t, 1, 1, []string{"R", "auth"}, []string{"R", "!payment"}), says(t, 2, 1, []string{"R", "auth"}, []string{"R", "!payment"}),
		says(t, 3, 1, []string{"R", "!auth"}), says(t, 4, 1, []string{"R", "!auth"}),
	}, event.PubKey{}, now)
	if !slices.Equal(got.Requirements, []string{"!payment"}) {
		t.Errorf("got %v, want what nobody contradicts: !payment", got.Requirements)
	}
}

func TestReadIsBoundedAndTolerant(t *testing.T) {
	tags := [][]string{{}, {"d"}, {"d", "wss://other.example.com/"}, {"d", url}, {"rtt-open", "-4"}, {"rtt-read", "99999999999"}, {"rtt-write", "12"},
		{"N", "1"}, {"N", "1"}, {"N", "C7"}, {"N", "<script>"}, {"R", "!writes"}, {"R", "money"}, {"N", strings.Repeat("1", 5000)}}
	c, ok := Read(event.PubKey{1}, now, tags, url)
	if !ok || c.Open != 0 || c.Read != 0 || c.Write != 12*time.Millisecond || !slices.Equal(c.NIPs, []string{"1", "C7"}) || !slices.Equal(c.Requirements, []string{"!writes"}) {
		t.Errorf("got %+v, %v", c, ok)
	}
	if _, ok := Read(event.PubKey{1}, now, [][]string{{"d", url + "/path"}, {"e", url}}, url); ok {
		t.Error("got an event of another relay taken for one of ours")
	}
	if _, ok := Read(event.PubKey{1}, now, append(make([][]string, maxTags), []string{"d", url}), url); ok {
		t.Error("got a tag beyond the bound read")
	}
}

// TestRealEvents reads what monitors of the network really publish, where the data is there.
func TestRealEvents(t *testing.T) {
	file, err := os.Open("../../../shared/data/nip66/events.jsonl")
	if err != nil {
		t.Log("no data here: the made-up events have to do")
		return
	}
	defer file.Close()
	read, timed := 0, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Kind int        `json:"kind"`
			Tags [][]string `json:"tags"`
		}
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Kind != Kind {
			continue
		}
		for _, tag := range e.Tags {
			if len(tag) > 1 && tag[0] == "d" {
				c, ok := Read(event.PubKey{}, now, e.Tags, strings.TrimSuffix(tag[1], "/"))
				if read++; !ok {
					t.Errorf("%s: got it not understood", tag[1])
				}
				if c.Open > 0 {
					timed++
				}
				break
			}
		}
	}
	if read == 0 || timed == 0 {
		t.Errorf("got %d events read and %d with a time, want some of both", read, timed)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("d", url, "rtt-open", "12")
	f.Add("N", "\x00", "R", "!")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		one, _ := Read(event.PubKey{1}, now, [][]string{{a, b}, {c, d}, {"d", url}}, url)
		two := one
		two.Monitor = event.PubKey{2}
		got := Of([]Claim{one, two}, event.PubKey{}, now)
		if got.Reached != 2 || got.Open < 0 || got.Open > maxRTT || len(got.NIPs) > 2 || len(got.Requirements) > 2 {
			t.Errorf("got %+v", got)
		}
	})
}
