package benchmark

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "bench-test-")
	if err == nil {
		err = build(filepath.Join(dir, "bigbrotr"))
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else if code = m.Run(); code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func build(path string) error {
	binary = path
	args := []string{"build", "-o", path}
	if event.Engine == "libsecp256k1" {
		args = append(args, "-tags", "libsecp256k1")
	}
	if out, err := exec.Command("go", append(args, "../cmd/bigbrotr")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build bigbrotr: %w\n%s", err, out)
	}
	return nil
}
