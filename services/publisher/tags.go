package publisher

import (
	"slices"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxWord is how many bytes of a text go into one tag.
const maxWord = 200

// textTag is a tag of a stranger's text, or none when nothing is left of it that can be seen.
func textTag(name, text string) [][]string {
	if text = visible(text); text == "" {
		return nil
	}
	return [][]string{{name, text}}
}

// label is a text in a namespace, which has a tag of its own (NIP-32), or nothing.
func label(space, text string) [][]string {
	if text = visible(text); text == "" {
		return nil
	}
	return [][]string{{"L", space}, {"l", text, space}}
}

func visible(text string) string { return strings.TrimSpace(relay.Tidy(text, maxWord)) }

// once drops what was said before.
func once(tags [][]string) (out [][]string) {
	for _, tag := range tags {
		if !slices.ContainsFunc(out, func(other []string) bool { return slices.Equal(tag, other) }) {
			out = append(out, tag)
		}
	}
	return out
}
