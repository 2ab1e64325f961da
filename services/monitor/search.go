package monitor

import (
	"context"
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// searched is how long a word must be to be looked for, in characters: nobody's stop list has it.
const searched = 6

// search looks for a word that nobody wrote, which must find nothing, and for one that a note of the page has, which must
// find something (NIP-50).
func (t *trial) search(ctx context.Context, conn *relay.Conn) error {
	word := t.word()
	if word == "" {
		return errUntried
	}
	found, err := t.find(ctx, conn, strings.ToLower(rand.Text()))
	if err != nil {
		return err
	}
	if found > 0 {
		return errWrong
	}
	found, err = t.find(ctx, conn, word)
	if err == nil && found == 0 {
		return errWrong
	}
	return err
}

func (t *trial) find(ctx context.Context, conn *relay.Conn, word string) (int, error) {
	most := 3
	request := relay.Request{Filter: event.Filter{Search: word, Limit: &most}, Idle: t.idle, MaxEvents: maxUnasked}
	answer, err := conn.Query(ctx, request, func([]byte) error { return nil })
	return answer.Events, err
}

// word is a long word of letters of the newest note that has one.
func (t *trial) word() string {
	for i := range t.events {
		e := &t.events[i]
		if e.Kind != 1 {
			continue
		}
		for _, word := range strings.FieldsFunc(e.DecodeContent(), func(c rune) bool { return !unicode.IsLetter(c) }) {
			if n := utf8.RuneCountInString(word); searched <= n && n <= 4*searched {
				return word
			}
		}
	}
	return ""
}
