package app

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// maxSecret bounds a secret's file: a wrong path must not read a disk into memory.
const maxSecret = 64 << 10

// Environ is the environment of this process as Load takes it.
func Environ() map[string]string { return env.ToMap(os.Environ()) }

// Load fills a configuration from an environment and from nothing else. Tags of T: env (the full name), envDefault, range
// (see Settings) and help. An empty variable counts as unset, as Compose passes it. A Secret named X may instead be
// given as X_FILE, the path of a file whose trailing newline is dropped; both at once is an error. The error holds
// everything that is wrong, one line each, by the variable's name, and names variables that are spelt almost as a setting.
func Load[T any](environ map[string]string) (T, error) {
	var config T
	all, err := fields(reflect.TypeFor[T](), "", nil)
	if err != nil {
		return config, err
	}
	known, problems := readTwins(all, environ)
	problems = append(problems, misspelt(all, environ)...)
	if err := parse(&config, known); err != nil {
		return config, errors.Join(append(problems, blame(all, known, err)...)...)
	}
	for _, f := range all {
		if known[f.name] != "" || f.fallback != "" {
			problems = append(problems, f.check(reflect.ValueOf(config).FieldByIndex(f.index))...)
		}
	}
	return config, errors.Join(problems...)
}

// parse hands a map to the library, which would read the process environment for a nil one.
func parse(into any, environ map[string]string) error {
	return env.ParseWithOptions(into, env.Options{Environment: environ})
}

// readTwins replaces every X_FILE of a secret by X.
func readTwins(all []field, environ map[string]string) (map[string]string, []error) {
	known := map[string]string{}
	maps.Copy(known, environ)
	var problems []error
	for _, f := range all {
		path := environ[f.name+"_FILE"]
		if !f.secret() || path == "" {
			continue
		}
		if environ[f.name] != "" {
			problems = append(problems, fmt.Errorf("%s: %s_FILE is set too; set one of them", f.name, f.name))
			continue
		}
		value, err := readSecret(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_FILE: %w", f.name, err))
		}
		known[f.name] = value
	}
	return known, problems
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxSecret {
		return "", fmt.Errorf("read %s: larger than %d bytes", path, maxSecret)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("read %s: it is empty", path)
	}
	return value, nil
}

// blame turns the library's errors, which name Go fields, into errors that name variables: each field is parsed and
// checked alone.
func blame(all []field, known map[string]string, whole error) []error {
	var problems []error
	found := false
	for _, f := range all {
		single := reflect.New(reflect.StructOf([]reflect.StructField{f.alone()}))
		only := map[string]string{}
		if value, ok := known[f.name]; ok {
			only[f.name] = value
		}
		if err := parse(single.Interface(), only); err != nil {
			found = true
			problems = append(problems, fmt.Errorf("%s: %w", f.name, reasonOf(err)))
		} else if known[f.name] != "" || f.fallback != "" {
			problems = append(problems, f.check(single.Elem().Field(0))...)
		}
	}
	if !found {
		return append(problems, whole)
	}
	return problems
}

// reasonOf is what is wrong with one value, without the library's frame.
func reasonOf(err error) error {
	var parse env.ParseError
	var unset env.VarIsNotSetError
	var empty env.EmptyVarError
	switch {
	case errors.As(err, &parse):
		return parse.Err
	case errors.As(err, &unset), errors.As(err, &empty):
		return errors.New("it must be set")
	}
	return err
}
