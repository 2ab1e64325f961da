package compose

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// atHome are settings that mean something only where the servers are embedded, or files of the host.
var atHome = map[string]bool{"DATA_DIR": true, "NATS_LISTEN": true, "NATS_CREDS": true, "POSTGRES_ARCHIVE_DIR": true}

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

// TestKeysMayStandInFiles: what signs in our name need not stand in an environment.
func TestKeysMayStandInFiles(t *testing.T) {
	keys := 0
	for name, service := range services(t) {
		for variable := range service.Environment {
			if !strings.HasSuffix(variable, "_PRIVATE_KEY") {
				continue
			}
			keys++
			if _, handed := service.Environment[variable+"_FILE"]; !handed {
				t.Errorf("%s gets %s and not %[2]s_FILE", name, variable)
			}
		}
	}
	if keys < 4 {
		t.Errorf("got %d private keys, want those of four services", keys)
	}
}

// TestThePublisherAnnouncesWhatTheMonitorDoes: kind 10166 is made of the monitor's settings in another container. Those of
// networks both get.
func TestThePublisherAnnouncesWhatTheMonitorDoes(t *testing.T) {
	all := services(t)
	monitor, publisher := all["monitor"].Environment, all["publisher"].Environment
	for _, name := range []string{"MONITOR_CHECKS", "MONITOR_INTERVAL", "CLEARNET_MONITOR_INTERVAL", "TOR_MONITOR_INTERVAL",
		"I2P_MONITOR_INTERVAL", "LOKI_MONITOR_INTERVAL", "CLEARNET_CHECK_TIMEOUT", "TOR_PROXY", "VANTAGE"} {
		_, made := monitor[name]
		if _, told := publisher[name]; !made || !told {
			t.Errorf("%s: got it in monitor %v and publisher %v, want both", name, made, told)
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
