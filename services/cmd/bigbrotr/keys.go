package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

type keysVerb struct {
	Gen keysGenVerb `cmd:"" help:"Make a secret key for MONITOR_PRIVATE_KEY; each role needs one of its own."`
	API keysAPIVerb `cmd:"" name:"api" help:"Make a key for somebody who may ask the API for what costs."`
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

type keysAPIVerb struct {
	Name string `arg:"" help:"Whose key it is."`
}

// Run prints a new key on stdout, alone, and on stderr what the list of API_KEYS has to say of it, which is not the key.
func (v *keysAPIVerb) Run(e *env) error {
	key := rand.Text()
	name, err := json.Marshal(v.Name) // which YAML reads
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "put this under `keys:` in the file of API_KEYS, and restart the API:\n  - { name: %s, sha256: %x }\n", name, sha256.Sum256([]byte(key)))
	_, err = fmt.Fprintln(e.stdout, key)
	return err
}
