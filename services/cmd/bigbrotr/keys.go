package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

type keysVerb struct {
	Gen keysGenVerb `cmd:"" help:"Make a secret key for MONITOR_PRIVATE_KEY; each role needs one of its own."`
}

type keysGenVerb struct{}

// Run prints a new secret key as hex on stdout, alone, so that it can go into a file, and its public key on stderr.
func (v *keysGenVerb) Run(e *env) error {
	for {
		var secret [32]byte
		rand.Read(secret[:]) // never fails: the runtime ends the process instead
		text := hex.EncodeToString(secret[:])
		key, err := event.ParseKey(text)
		if err != nil {
			continue // one number in 2¹²⁸ is no key
		}
		fmt.Fprintf(e.stderr, "public key %s\n", key.PubKey())
		_, err = fmt.Fprintln(e.stdout, text)
		return err
	}
}
