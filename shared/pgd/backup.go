package pgd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// archiveEvery is how old the last change may be that is not in the WAL archive yet.
const archiveEvery = "60s"

// patience is how long a start may take. A restored cluster first replays its WAL.
func (s *Server) patience() time.Duration {
	if _, err := os.Stat(filepath.Join(s.cfg.Dir, "data", "recovery.signal")); err == nil {
		return replayTimeout
	}
	return startTimeout
}

// archiving adds the settings of a WAL archive. A file is never overwritten, and has its name only when it is complete and
// on disk: Postgres forgets it as soon as the command has succeeded.
func (c *cluster) archiving(dir string, settings map[string]string) (map[string]string, error) {
	if dir == "" {
		return settings, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the WAL archive: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve the WAL archive: %w", err)
	}
	if strings.ContainsAny(dir, "'\"\\%$`\n") {
		return nil, fmt.Errorf("use the WAL archive %s: its path has a quote, percent, dollar or backslash", app.Quote(dir))
	}
	if err := errors.Join(c.as.reach(filepath.Dir(dir)), c.as.own(dir)); err != nil {
		return nil, err
	}
	all := map[string]string{}
	maps.Copy(all, settings)
	all["archive_mode"], all["archive_timeout"] = "on", archiveEvery
	all["archive_command"] = fmt.Sprintf(`test ! -e "%[1]s/%%f" && cp "%%p" "%[1]s/%%f.new" && sync "%[1]s/%%f.new" && mv "%[1]s/%%f.new" "%[1]s/%%f"`, dir)
	return all, nil
}

// BaseBackup copies a running cluster, whosever it is, into a directory that does not exist or is empty, and compares the
// copy with its manifest of sums. The role of the DSN must be a superuser or one with REPLICATION.
func BaseBackup(ctx context.Context, dsn, dir string) error {
	basebackup, err := program("pg_basebackup")
	if err != nil {
		return err
	}
	verify, err := program("pg_verifybackup")
	if err != nil {
		return err
	}
	take := exec.CommandContext(ctx, basebackup, "--dbname="+dsn, "--pgdata="+dir, "--checkpoint=fast",
		"--wal-method=stream", "--manifest-checksums=SHA256", "--label=bigbrotr", "--no-password")
	if out, err := take.CombinedOutput(); err != nil {
		return fmt.Errorf("copy the cluster: %w: %s", err, app.Quote(lastLine(string(out))))
	}
	check := exec.CommandContext(ctx, verify, "--quiet", dir)
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("compare the copy with its manifest: %w: %s", err, app.Quote(lastLine(string(out))))
	}
	return nil
}

// program finds one of Postgres' own programs: beside the server's, in the usual places, the newest first, or in PATH.
func program(name string) (string, error) {
	dirs := expand(places)
	slices.SortFunc(dirs, func(a, b string) int { return -natural(a, b) })
	if bin, _, err := Find(""); err == nil {
		dirs = append([]string{bin}, dirs...)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return filepath.Join(dir, name), nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("look for %s: %w; %w", name, err, missing(0))
	}
	return path, nil
}

// natural compares paths so that /17/ comes after /9/.
func natural(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
