package standalone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	Ops        string `json:"ops_listen,omitempty"` // as it was taken

	EmbeddedNATS     bool `json:"embedded_nats,omitempty"`
	EmbeddedPostgres bool `json:"embedded_postgres,omitempty"`
}

// ErrNowhere says that neither the environment nor a running process tells where NATS and Postgres are.
var ErrNowhere = errors.New("NATS_URL and DATABASE_URL are not set, and no `bigbrotr run all` is running")

// Find returns where the outside systems are: what the environment says, and for the rest what a process that is
// running on the same DATA_DIR wrote down.
func Find(cfg Config) (Places, error) {
	p := cfg.places()
	if p.NATS != "" && p.Writer != "" {
		return p, nil
	}
	running, err := readPlaces(cfg.DataDir)
	if errors.Is(err, fs.ErrNotExist) {
		running, err = readPlaces(cfg.dir("demo"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("%w on DATA_DIR %s: start it, or set them", ErrNowhere, cfg.DataDir)
	}
	if err != nil {
		return p, err
	}
	if p.NATS == "" {
		p.NATS, p.Monitoring, p.EmbeddedNATS = running.NATS, running.Monitoring, running.EmbeddedNATS
	}
	if p.Writer == "" {
		p.Writer, p.Reader, p.Owner = running.Writer, running.Reader, running.Owner
		p.EmbeddedPostgres = running.EmbeddedPostgres
	}
	p.PID, p.Ops = running.PID, running.Ops
	return p, nil
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
