package pgd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// cluster is the data directory and the means to work on it.
type cluster struct {
	home string // absolute
	user string
	bin  string
	as   identity
	log  *slog.Logger
}

func (c *cluster) data() string { return filepath.Join(c.home, "data") }

// openHome creates the cluster's home and returns its one true path, by which an orphan is recognised later.
func openHome(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("create cluster home: %w", err)
	}
	home, err := filepath.Abs(dir)
	if err == nil {
		home, err = filepath.EvalSymlinks(home)
	}
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", dir, err)
	}
	return home, nil
}

// prepare leaves a stopped cluster of the right version that the child's user owns.
func (c *cluster) prepare(ctx context.Context, settings map[string]string) error {
	made, err := c.version()
	if err != nil {
		return err
	}
	if err := c.choose(made); err != nil {
		return err
	}
	if c.as, err = childIdentity(); err != nil {
		return err
	}
	if err := c.as.reach(c.home); err != nil {
		return err
	}
	if made == 0 {
		return c.create(ctx, settings["fsync"] == "off")
	}
	if err := c.clearOrphan(ctx); err != nil {
		return err
	}
	return c.as.own(c.data())
}

// version is the major version that made the data, or 0 when there is none yet. A directory that holds something else
// is not touched.
func (c *cluster) version() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err == nil {
		return strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read version of cluster: %w", err)
	}
	entries, err := os.ReadDir(c.data())
	if err == nil && len(entries) > 0 {
		return 0, fmt.Errorf("use %s: it holds files but no Postgres cluster; move them away", c.data())
	}
	return 0, nil
}

// choose settles the binaries. Data is only ever opened by the major version that made it.
func (c *cluster) choose(made int) error {
	dir, version, err := Find(c.bin)
	if err != nil {
		return err
	}
	if made > 0 && version != made && c.bin == "" {
		dir, version, err = find(os.Getenv("PATH"), places, made)
		if err != nil {
			return fmt.Errorf("open the data of Postgres %d in %s: %w", made, c.data(), err)
		}
	}
	if made > 0 && version != made {
		return fmt.Errorf("open the data of Postgres %d in %s: %s holds version %d", made, c.data(), dir, version)
	}
	c.bin = dir
	return nil
}

// create makes the cluster beside its place and moves it there when it is complete.
func (c *cluster) create(ctx context.Context, unsynced bool) error {
	began := time.Now()
	fresh := filepath.Join(c.home, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove unfinished cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	if err := c.as.own(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", c.user, "--locale=C", "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject",
		"--data-checksums", "--no-instructions"}
	if unsynced {
		args = append(args, "--no-sync")
	}
	if out, err := c.command(ctx, "initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("make cluster in %s: %w: %s", fresh, err, app.Quote(lastLine(string(out))))
	}
	os.Remove(c.data()) // an empty directory may be in the way
	if err := os.Rename(fresh, c.data()); err != nil {
		return fmt.Errorf("move cluster into place: %w", err)
	}
	c.log.Info("Postgres cluster was created", app.Dir, c.data(), app.Took, time.Since(began).Milliseconds())
	return nil
}
