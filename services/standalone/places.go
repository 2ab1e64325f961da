package standalone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// runFile tells the other verbs of the command line where a running process has its servers.
const runFile = "run.json"

// Places is where the outside systems of a process are. It holds passwords when the configuration does.
type Places struct {
	PID        int    `json:"pid,omitempty"`
	NATS       string `json:"nats_url"`
	Monitoring string `json:"nats_monitoring_url,omitempty"`
	Writer     string `json:"database_url"`
	Reader     string `json:"database_read_url"`
	Owner      string `json:"database_owner_url"`
	Eraser     string `json:"database_eraser_url"`
	Refresher  string `json:"database_refresher_url"`
	Ops        string `json:"ops_listen,omitempty"` // as it was taken

	EmbeddedNATS     bool `json:"embedded_nats,omitempty"`
	EmbeddedPostgres bool `json:"embedded_postgres,omitempty"`
}

// ErrNowhere says that neither the environment nor a running process tells where NATS or Postgres is.
var ErrNowhere = errors.New("it is not said where to connect")

// Find returns where the outside systems are: what the environment says, and for the rest what a process that is
// running on the same DATA_DIR, or its demo, wrote down. What nobody says stays empty; see Lacks.
func Find(cfg Config) (Places, error) {
	p := cfg.places()
	if p.NATS != "" && p.Writer != "" {
		return p, nil
	}
	running, err := findRunning(cfg.DataDir, cfg.dir("demo"))
	if err != nil {
		return p, err
	}
	if p.NATS == "" {
		p.NATS, p.Monitoring, p.EmbeddedNATS = running.NATS, running.Monitoring, running.EmbeddedNATS
	}
	if p.Writer == "" {
		p.Writer, p.Reader, p.Owner, p.Eraser, p.Refresher = running.Writer, running.Reader, running.Owner, running.Eraser, running.Refresher
		p.EmbeddedPostgres = running.EmbeddedPostgres
	}
	if running.PID != 0 {
		p.PID, p.Ops = running.PID, running.Ops
	}
	return p, nil
}

// Lacks returns ErrNowhere, and what to do, when a system that is needed is unknown.
func (p Places) Lacks(nats, postgres bool) error {
	var unset []string
	if nats && p.NATS == "" {
		unset = append(unset, "NATS_URL")
	}
	if postgres && p.Writer == "" {
		unset = append(unset, "DATABASE_URL")
	}
	if unset == nil {
		return nil
	}
	return fmt.Errorf("%w: set %s, or start `bigbrotr run all` with the same DATA_DIR", ErrNowhere, strings.Join(unset, " and "))
}

// findRunning reads the file of the first directory whose process is alive; a crash leaves the file behind.
func findRunning(dirs ...string) (Places, error) {
	for _, dir := range dirs {
		p, err := readPlaces(dir)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !alive(p.PID)) {
			continue
		}
		return p, err
	}
	return Places{}, nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return pid > 0 && (err == nil || errors.Is(err, syscall.EPERM))
}

func readPlaces(dir string) (Places, error) {
	var p Places
	text, err := os.ReadFile(filepath.Join(dir, runFile))
	if err != nil {
		return p, fmt.Errorf("read where the process runs: %w", err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("decode %s: %w", filepath.Join(dir, runFile), err)
	}
	return p, nil
}

// write leaves the places for other processes of the same user, and for nobody else.
func (p Places) write(dir string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("encode places: %w", err)
	}
	fresh := filepath.Join(dir, runFile+".new")
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write where the process runs: %w", err)
	}
	if err := os.Rename(fresh, filepath.Join(dir, runFile)); err != nil {
		return fmt.Errorf("write where the process runs: %w", err)
	}
	return nil
}

func removePlaces(dir string) { _ = os.Remove(filepath.Join(dir, runFile)) }
