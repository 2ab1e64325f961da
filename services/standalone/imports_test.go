package standalone_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const project = "github.com/bigbrotr/bigbrotr-go/"

// owners are the outside systems that one package alone may speak to. negentropy, realrelays, publisher and alerter are there for
// their tests, which meet implementations that are not ours.
var owners = map[string][]string{
	"github.com/nats-io/nats.go":                  {"shared/bus", "shared/natsd", "shared/testkit"},
	"github.com/nats-io/nats-server":              {"shared/natsd"},
	"github.com/jackc/pgx":                        {"shared/store", "shared/pgd", "shared/testkit"},
	"github.com/minio/minio-go":                   {"shared/s3"},
	"github.com/pressly/goose":                    {"shared/store"},
	"github.com/nbd-wtf/go-nostr":                 {"shared/event", "shared/relay", "shared/simrelay", "shared/negentropy", "services/synchronizer/realrelays", "services/publisher", "services/alerter"},
	"github.com/coder/websocket":                  {"shared/relay", "shared/simrelay", "shared/negentropy", "services/validator"}, // the validator's test plays a server that is no relay
	"github.com/testcontainers/testcontainers-go": {"shared/testkit"},
}

// assemblers put services together; no service knows another.
var assemblers = []string{"services/standalone", "services/cmd/"}

// TestImports reads every import of the project.
func TestImports(t *testing.T) {
	files := 0
	for _, module := range []string{"proto", "sql", "shared", "services"} {
		err := filepath.WalkDir(filepath.Join("..", "..", module), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") {
				return err
			}
			files++
			return checkImports(t, path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("read %d files, want the whole project", files)
	}
}

func checkImports(t *testing.T, path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	home := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		for system, allowed := range owners {
			if strings.HasPrefix(name, system) && !within(home, allowed) {
				t.Errorf("%s imports %s; only %v may", path, name, allowed)
			}
		}
		other, ours := strings.CutPrefix(name, project)
		if ours && strings.HasPrefix(other, "services/") && other != home && !within(home, assemblers) && !strings.HasPrefix(home, other) {
			t.Errorf("%s imports the service %s; services never know each other", path, other)
		}
		if ours && strings.HasPrefix(other, "services/") && !strings.HasPrefix(home, "services/") {
			t.Errorf("%s imports %s from a lower module", path, other)
		}
	}
	return nil
}

func within(home string, places []string) bool {
	for _, place := range places {
		if home == strings.TrimSuffix(place, "/") || strings.HasPrefix(home, strings.TrimSuffix(place, "/")+"/") {
			return true
		}
	}
	return false
}
