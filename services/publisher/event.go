package publisher

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// sign makes an event of a draft.
func (d draft) sign(key event.Key) event.Event {
	return key.Sign(d.at.Unix(), d.kind, d.tags, d.content)
}

// hash is that of what counts as a change. Round-trip times are never twice the same; they are published with the next change or
// heartbeat.
func (d draft) hash() [32]byte {
	tags := slices.DeleteFunc(slices.Clone(d.tags), func(tag []string) bool { return strings.HasPrefix(tag[0], rttPrefix) })
	text, err := json.Marshal(struct {
		Kind    uint16
		Tags    [][]string
		Content string
	}{d.kind, tags, d.content})
	if err != nil {
		panic(err) // strings and a number
	}
	return sha256.Sum256(text)
}
