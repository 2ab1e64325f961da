//go:build makes && cgo

package realrelays

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

func init() {
	relays["slice, everything at once"] = relayMake{Store: "slice", MaxLimit: 100_000}
	relays["badger, 500 of negentropy"] = relayMake{Store: "badger", MaxLimit: 500, Negentropy: true}
	relays["badger, who limits requests"] = relayMake{Store: "badger", MaxLimit: 500, Polite: true}
	relays["relayer, sqlite"] = relayMake{Store: "relayer"}
	relays["relayer, sqlite with 250"] = relayMake{Store: "relayer", MaxLimit: 250}
	programs["relayer"] = func(t *testing.T) string {
		t.Helper()
		path, err := builtRelayer()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// builtRelayer is the program of the module beside this package.
var builtRelayer = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "brotr-relayer")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir, build.Stderr = "relayer", os.Stderr
	build.Env = append(os.Environ(), "GOWORK=off")
	return path, build.Run()
})
