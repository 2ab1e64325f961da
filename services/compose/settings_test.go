package compose

import (
	"os"
	"regexp"
	"testing"
)

// atHome are settings that mean something only where the servers are embedded, or files of the host.
var atHome = map[string]bool{"DATA_DIR": true, "NATS_LISTEN": true, "NATS_CREDS": true}

// TestEverySettingReachesAContainer compares .env.example with what docker-compose.yml hands through: a setting that a
// person writes into .env and that no container gets would silently do nothing.
func TestEverySettingReachesAContainer(t *testing.T) {
	example := names(t, "../../.env.example", `(?m)^#? ?([A-Z][A-Z0-9_]*)=`)
	handed := names(t, composeFile, `(?m)^ +([A-Z][A-Z0-9_]*):|\$\{([A-Z][A-Z0-9_]*)`)
	if len(example) < 20 {
		t.Fatalf("got %d settings in .env.example, want all of them", len(example))
	}
	for name := range example {
		if !handed[name] && !atHome[name] {
			t.Errorf("setting %s of .env.example is in no environment of docker-compose.yml", name)
		}
	}
}

// names returns what the groups of a pattern match in a file.
func names(t *testing.T, path, pattern string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, groups := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		for _, name := range groups[1:] {
			found[name] = found[name] || name != ""
		}
	}
	return found
}
