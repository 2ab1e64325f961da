package pgd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
)

// MinVersion is the oldest major version of Postgres the product runs on.
const MinVersion = 15

// places are where distributions keep the binaries beside PATH, as patterns.
var places = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // packages of the Postgres project for Red Hat and friends
	"/usr/lib/postgresql*/bin",  // SUSE
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// Find returns the directory that holds initdb and postgres, and their major version. A directory given as bin is the
// only one looked at; else PATH comes first and then the highest version in the usual places. The error names the
// command that installs what is missing.
func Find(bin string) (dir string, version int, err error) {
	if bin != "" {
		version, err = inspect(bin)
		return bin, version, err
	}
	return find(os.Getenv("PATH"), places, 0)
}

// find searches a PATH and then patterns. With want above 0 only that major version is taken.
func find(path string, patterns []string, want int) (string, int, error) {
	for _, dir := range filepath.SplitList(path) {
		if version, err := inspect(dir); err == nil && (want == 0 || version == want) {
			return dir, version, nil
		}
	}
	best, highest := "", 0
	for _, dir := range expand(patterns) {
		version, err := inspect(dir)
		if err == nil && version > highest && (want == 0 || version == want) {
			best, highest = dir, version
		}
	}
	if best == "" {
		return "", 0, missing(want)
	}
	return best, highest, nil
}

func expand(patterns []string) []string {
	var dirs []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // the only error is a malformed pattern, and they are constants
		dirs = append(dirs, found...)
	}
	return dirs
}

// inspect asks the binaries of a directory for their version. A relative directory is refused: the child runs
// elsewhere.
func inspect(dir string) (int, error) {
	if !filepath.IsAbs(dir) {
		return 0, fmt.Errorf("look for postgres in %s: the path is not absolute", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, fmt.Errorf("look for initdb: %w; %w", err, missing(0))
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("ask postgres in %s for its version: %w; %w", dir, err, missing(0))
	}
	match := versionText.FindSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("read version of postgres in %s: unknown form", dir)
	}
	version, err := strconv.Atoi(string(match[1]))
	if err != nil || version < MinVersion {
		return 0, fmt.Errorf("use postgres %s in %s: at least %d is needed; %w", match[1], dir, MinVersion, missing(0))
	}
	return version, nil
}

// missing says how to get the binaries, of one major version when want is above 0.
func missing(want int) error {
	what := "Postgres " + strconv.Itoa(MinVersion) + " or later"
	apt, brew := "postgresql", "postgresql@17"
	if want > 0 {
		what = "Postgres " + strconv.Itoa(want)
		apt, brew = fmt.Sprintf("postgresql-%d", want), fmt.Sprintf("postgresql@%d", want)
	}
	command := "sudo apt-get install " + apt
	if runtime.GOOS == "darwin" {
		command = "brew install " + brew
	}
	return errors.New("no binaries of " + what + " on this machine: run `" + command + "`, or set DATABASE_URL to a server")
}
