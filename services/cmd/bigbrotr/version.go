package main

import (
	"fmt"
	"runtime"
)

type versionVerb struct{}

// Run prints the version.
func (v *versionVerb) Run(e *env) error {
	_, err := fmt.Fprintf(e.stdout, "bigbrotr %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
