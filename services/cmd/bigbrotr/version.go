package main

import (
	"fmt"
	"runtime"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

type versionVerb struct{}

// Run prints the version and the engine of signatures.
func (v *versionVerb) Run(e *env) error {
	_, err := fmt.Fprintf(e.stdout, "bigbrotr %s %s %s/%s signatures by %s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, event.Engine)
	return err
}
