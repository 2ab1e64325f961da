package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// relayTruth is what an archive must hold of one relay.
type relayTruth struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Expect string   `json:"expect"`
	Reason string   `json:"reason,omitempty"`
	Events []string `json:"events"`
}

func (v *demoVerb) writeTruth(e *env, network *simrelay.Network) error {
	switch v.Truth {
	case "":
		return nil
	case "-":
		return encodeTruth(e.stdout, network)
	}
	file, err := os.Create(v.Truth)
	if err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	if err := encodeTruth(file, network); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func encodeTruth(w io.Writer, network *simrelay.Network) error {
	held := map[string][]string{}
	for pair := range network.Truth().Possible {
		held[pair.URL] = append(held[pair.URL], pair.ID.String())
	}
	encoder := json.NewEncoder(w)
	for _, m := range network.Members {
		events := held[m.URL()]
		slices.Sort(events)
		line := relayTruth{m.Name(), m.URL(), string(m.Expect.Outcome), m.Expect.Reason, events}
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("write the truth: %w", err)
		}
	}
	return nil
}

// bareTruth lets --truth stand without a value, for stdout.
func bareTruth(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--truth" && (i+1 == len(args) || strings.HasPrefix(args[i+1], "--")) {
			args[i] = "--truth=-"
		}
	}
	return args
}
