//go:build compose

package compose

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// stack is one run of docker-compose.yml under a project name of its own.
type stack struct {
	t       *testing.T
	project string
	env     map[string]string
}

// prepared reads what deploy/test/up.sh found and made: the Compose command and the names of the images.
func prepared(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../bin/compose-test.env")
	if err != nil {
		t.Fatalf("run deploy/test/up.sh first: %v", err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = strings.ReplaceAll(value, `\ `, " ")
	}
	return env
}

// newStack returns a stack that is not up yet and is removed with its volumes when the test ends.
func newStack(t *testing.T, name string) stack {
	t.Helper()
	s := stack{t: t, project: fmt.Sprintf("bigbrotr-%s-%d", name, os.Getpid()), env: prepared(t)}
	t.Cleanup(s.down)
	return s
}

func (s stack) down() {
	if s.t.Failed() {
		out, _ := s.run(time.Minute, "logs", "--no-color", "--tail", "60")
		s.t.Logf("logs of the stack:\n%s", out)
	}
	// The engine lets go of a container's network a moment after the container is gone, and says no until then.
	out, err := s.run(2*time.Minute, "down", "--volumes", "--remove-orphans", "--timeout", "20")
	for tries := 1; err != nil && tries < 5; tries++ {
		s.t.Logf("take the stack down, try %d: %v", tries, err)
		time.Sleep(3 * time.Second)
		out, err = s.run(2*time.Minute, "down", "--volumes", "--remove-orphans", "--timeout", "20")
	}
	if err != nil {
		s.t.Errorf("take the stack down: %v\n%s", err, out)
	}
	left, err := docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project="+s.project)
	if err != nil || left != "" {
		s.t.Errorf("containers left behind: got %q (%v), want none", left, err)
	}
}

// run runs one Compose command. Ports are chosen by the engine, so that stacks do not meet, and no relay is known but
// those of the demo.
func (s stack) run(timeout time.Duration, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	words := append(strings.Fields(s.env["COMPOSE"]), "--file", composeFile, "--project-name", s.project)
	words = append(words, args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "COMPOSE_PROFILES=demo", "NATS_PORT=0", "API_PORTS=0", "SEED_FILE=none", "FINDER_SOURCES=none", "RELAY_ALLOW_CIDRS=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("compose %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// must runs a Compose command that has to succeed and returns what it printed.
func (s stack) must(timeout time.Duration, args ...string) string {
	s.t.Helper()
	out, err := s.run(timeout, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// query asks Postgres as the reader and returns one value a line.
func (s stack) query(sql string) []string {
	s.t.Helper()
	out := s.must(time.Minute, "exec", "-T", "postgres", "psql", "--no-psqlrc", "--tuples-only", "--no-align",
		"--command", sql, "postgres://bigbrotr_reader:reader@127.0.0.1:5432/bigbrotr")
	return strings.Fields(out)
}

// containers returns the ids of the containers of a service that run, or of all when ended ones count.
func (s stack) containers(service string, ended bool) []string {
	s.t.Helper()
	args := []string{"ps", "--quiet", service}
	if ended {
		args = []string{"ps", "--all", "--quiet", service}
	}
	return strings.Fields(s.must(time.Minute, args...))
}

// docker runs one command of the engine's own client.
func docker(args ...string) (string, error) {
	out, err := exec.Command("docker", args...).Output()
	return strings.TrimSpace(string(out)), err
}

// state returns the status and the exit code of a container, as `running 0`.
func state(t *testing.T, container string) string {
	t.Helper()
	out, err := docker("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", container)
	if err != nil {
		t.Fatalf("inspect container %s: %v", container, err)
	}
	return out
}
