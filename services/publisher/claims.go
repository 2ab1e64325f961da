package publisher

import (
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxContent bounds a relay's own document as it is republished, in bytes; publish relays refuse longer contents.
const maxContent = 64 << 10

// content is the relay's own document (NIP-11), byte for byte, or nothing: what is no JSON object is no document.
func content(own []byte) string {
	var doc map[string]json.RawMessage
	if len(own) > maxContent || !utf8.Valid(own) || json.Unmarshal(own, &doc) != nil || doc == nil {
		return ""
	}
	return string(own)
}

// nipTags are what the relay claims and no check disproved.
func nipTags(claims relay.Claims, abilities document.Abilities) (tags [][]string) {
	for _, nip := range claims.SupportedNIPs {
		if !slices.Contains(abilities.Disproved, nip) {
			tags = append(tags, []string{"N", strconv.Itoa(nip)})
		}
	}
	for _, nip := range claims.LetterNIPs {
		tags = append(tags, []string{"N", nip})
	}
	return tags
}

// typeTags are empty unless a check showed what the relay is for (`T`).
func typeTags(abilities document.Abilities) [][]string {
	if abilities.Search == document.Works {
		return [][]string{{"T", "Search"}}
	}
	return nil
}

// topicTags are the words that a relay gives itself (`t`), each once.
func topicTags(claims relay.Claims) (tags [][]string) {
	for _, topic := range claims.Tags {
		tags = append(tags, textTag("t", topic)...)
	}
	return once(tags)
}
