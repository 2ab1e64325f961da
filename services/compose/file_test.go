package compose

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const composeFile = "../../docker-compose.yml"

// service is what the tests read of one service.
type service struct {
	Image         string         `yaml:"image"`
	User          string         `yaml:"user"`
	Command       []string       `yaml:"command"`
	ContainerName string         `yaml:"container_name"`
	Privileged    bool           `yaml:"privileged"`
	ReadOnly      bool           `yaml:"read_only"`
	CapAdd        []string       `yaml:"cap_add"`
	CapDrop       []string       `yaml:"cap_drop"`
	SecurityOpt   []string       `yaml:"security_opt"`
	Tmpfs         []string       `yaml:"tmpfs"`
	Pids          int            `yaml:"pids_limit"`
	Memory        string         `yaml:"mem_limit"`
	Grace         string         `yaml:"stop_grace_period"`
	Restart       string         `yaml:"restart"`
	Profiles      []string       `yaml:"profiles"`
	Ports         []string       `yaml:"ports"`
	Volumes       []string       `yaml:"volumes"`
	Environment   map[string]any `yaml:"environment"`
	Networks      networks       `yaml:"networks"`
	Logging       struct {
		Options map[string]string `yaml:"options"`
	} `yaml:"logging"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	Deploy struct {
		Replicas string `yaml:"replicas"`
	} `yaml:"deploy"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// networks is a list of names, also where the file has a mapping.
type networks []string

func (n *networks) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		return node.Decode((*[]string)(n))
	}
	var mapping map[string]any
	err := node.Decode(&mapping)
	for name := range mapping {
		*n = append(*n, name)
	}
	return err
}

var workers = []string{"finder", "validator", "monitor", "publisher", "alerter", "api", "synchronizer", "writer", "eraser", "refresher"}

func services(t *testing.T) map[string]service {
	t.Helper()
	text, err := os.ReadFile(composeFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]service `yaml:"services"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatalf("parse %s: %v", composeFile, err)
	}
	for _, name := range append(workers, "postgres", "nats", "initializer", "demo-relays") {
		if _, ok := file.Services[name]; !ok {
			t.Fatalf("service %s is missing", name)
		}
	}
	return file.Services
}

func TestEveryContainerIsConfined(t *testing.T) {
	for name, s := range services(t) {
		for rule, kept := range map[string]bool{
			"read_only is true":              s.ReadOnly,
			"cap_drop is ALL":                slices.Equal(s.CapDrop, []string{"ALL"}),
			"no-new-privileges is set":       slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
			"it is not privileged":           !s.Privileged,
			"only postgres has capabilities": len(s.CapAdd) == 0 || name == "postgres",
			"pids_limit is set":              s.Pids > 0,
			"mem_limit is set":               s.Memory != "",
			"stop_grace_period is set":       s.Grace != "",
			"the log is bounded":             s.Logging.Options["max-size"] != "" && s.Logging.Options["max-file"] != "",
			"/tmp is a noexec tmpfs":         len(s.Tmpfs) > 0 && strings.HasPrefix(s.Tmpfs[0], "/tmp:") && strings.Contains(s.Tmpfs[0], "noexec"),
			"it has no container_name":       s.ContainerName == "",
			"it does not see the engine":     !strings.Contains(strings.Join(s.Volumes, " "), "docker.sock"),
			"it is on a named network":       len(s.Networks) > 0,
		} {
			if !kept {
				t.Errorf("service %s got something else, want: %s", name, rule)
			}
		}
	}
}

func TestOurOwnContainersAreNotRoot(t *testing.T) {
	for name, s := range services(t) {
		if !strings.Contains(s.Image, "BIGBROTR_IMAGE") {
			continue
		}
		if s.User != "65532:65532" {
			t.Errorf("service %s got user %q, want 65532:65532", name, s.User)
		}
		if s.Environment["GOMEMLIMIT"] == nil {
			t.Errorf("service %s got no GOMEMLIMIT beside its mem_limit", name)
		}
	}
}

func TestOnlyNATSAndTheAPIArePublishedAndOnlyOnLoopback(t *testing.T) {
	published := map[string]string{"nats": "127.0.0.1:${NATS_PORT:-4222}:4222", "api": "127.0.0.1:${API_PORTS:-8080}:8080"}
	for name, s := range services(t) {
		for _, port := range s.Ports {
			if port != published[name] {
				t.Errorf("service %s got port %q, want %q", name, port, published[name])
			}
		}
	}
}

func TestWorkersScaleAndWaitForTheInitializer(t *testing.T) {
	all := services(t)
	for _, name := range workers {
		s := all[name]
		if want := []string{"run", name}; !slices.Equal(s.Command, want) {
			t.Errorf("service %s got command %v, want %v", name, s.Command, want)
		}
		if want := "${" + strings.ToUpper(name) + "_REPLICAS:-1}"; s.Deploy.Replicas != want {
			t.Errorf("service %s got replicas %q, want %q", name, s.Deploy.Replicas, want)
		}
		if got := s.DependsOn["initializer"].Condition; got != "service_completed_successfully" {
			t.Errorf("service %s got condition %q for the initializer, want service_completed_successfully", name, got)
		}
		if want := []string{"CMD", "/bigbrotr", "healthcheck"}; !slices.Equal(s.Healthcheck.Test, want) {
			t.Errorf("service %s got health check %v, want %v", name, s.Healthcheck.Test, want)
		}
		if s.Restart != "unless-stopped" {
			t.Errorf("service %s got restart %q, want unless-stopped", name, s.Restart)
		}
	}
	if got := all["initializer"].Restart; got != "no" {
		t.Errorf("initializer got restart %q, want no: it runs once", got)
	}
}

func TestOnlyTheWriterWrites(t *testing.T) {
	for name, s := range services(t) {
		url, _ := s.Environment["DATABASE_URL"].(string)
		role := map[string]string{"writer": "bigbrotr_writer", "initializer": "bigbrotr_owner", "eraser": "bigbrotr_eraser", "refresher": "bigbrotr_refresher"}[name]
		if role == "" {
			role = "bigbrotr_reader"
		}
		if url != "" && !strings.HasPrefix(url, "postgres://"+role+":") {
			t.Errorf("service %s got DATABASE_URL %q, want the role %s", name, url, role)
		}
		if out := slices.Contains(s.Networks, "edge"); name == "writer" && out {
			t.Errorf("the writer got the network edge, want no way out for it")
		}
	}
}
