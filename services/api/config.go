package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// Bounds of the list file.
const (
	maxFile = 1 << 20
	maxKeys = 10_000
	maxName = 64
)

// Config is what the environment says about the API.
type Config struct {
	Listen    string `env:"API_LISTEN" envDefault:"127.0.0.1:8080" help:"address of the HTTP API; none switches it off"`
	Keys      string `env:"API_KEYS" help:"YAML file of the keys that may ask for what costs, each a name and the SHA-256 of the key; empty = nobody may"`
	RateLimit int    `env:"API_RATE_LIMIT" envDefault:"10" range:"0..100000" help:"requests per second of one address, ten times as many at once; 0 = no limit"`
}

// Address is where the API will answer, if that is known before it listens.
func (c Config) Address() string {
	if c.Listen == "none" || strings.HasSuffix(c.Listen, ":0") {
		return ""
	}
	return c.Listen
}

// Validate reports everything that is wrong in the list file.
func (c Config) Validate() error {
	_, err := readKeys(c.Keys)
	return err
}

// keys are the names of those who may, by the SHA-256 of their keys.
type keys map[[sha256.Size]byte]string

// readKeys reads the list file that the setting names; "" is none.
func readKeys(path string) (keys, error) {
	if path == "" {
		return nil, nil
	}
	text, err := app.ReadList("API_KEYS", path, maxFile)
	if err != nil {
		return nil, err
	}
	return parseKeys(text)
}

// parseKeys reads the list and reports everything that is wrong in it.
func parseKeys(text []byte) (keys, error) {
	var list struct {
		Keys []struct {
			Name   string `yaml:"name"`
			SHA256 string `yaml:"sha256"`
		} `yaml:"keys"`
	}
	if err := app.DecodeList("API_KEYS", text, &list); err != nil {
		return nil, err
	}
	if len(list.Keys) > maxKeys {
		return nil, fmt.Errorf("decode API_KEYS: got %d keys, want at most %d", len(list.Keys), maxKeys)
	}
	all := keys{}
	var wrong []error
	for i, k := range list.Keys {
		sum, err := hex.DecodeString(k.SHA256)
		switch {
		case k.Name == "" || len(k.Name) > maxName:
			wrong = append(wrong, fmt.Errorf("key %d of API_KEYS: name: got %d bytes, want 1 to %d", i+1, len(k.Name), maxName))
		case err != nil || len(sum) != sha256.Size:
			wrong = append(wrong, fmt.Errorf("key %d of API_KEYS: sha256: want 64 hex digits; make a key with: bigbrotr keys api %s", i+1, app.Quote(k.Name)))
		default:
			all[[sha256.Size]byte(sum)] = k.Name
		}
	}
	return all, errors.Join(wrong...)
}

// holder returns whose key this is; "" = nobody's. A key is long and random, so looking its hash up tells nothing by time.
func (k keys) holder(key string) string { return k[sha256.Sum256([]byte(key))] }
