package finder

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf16"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// maxDead bounds the refused lines of one message that are told one by one.
const maxDead = 100

// deadStage is the last token of the subject of refused lines.
const deadStage = "found"

// refusal is the body of a message on brotr.dead.found.
type refusal struct {
	Line   string `json:"line,omitempty"` // as it stood there, cut at 200 bytes
	Reason string `json:"reason"`
	Source string `json:"source"`
	More   int    `json:"more,omitempty"` // instead of a line: so many further ones were refused
}

// refusals collects what one message leaves behind.
type refusals struct {
	source string
	told   []refusal
	more   int
}

func (r *refusals) add(line, reason string) {
	urlsRefused.WithLabelValues(reason).Inc()
	if len(r.told) >= maxDead {
		r.more++
		return
	}
	r.told = append(r.told, refusal{Line: line, Reason: reason, Source: r.source})
}

// publish stores the refused lines on DEAD.
func (r *refusals) publish(ctx context.Context, b *bus.Bus) error {
	told := r.told
	if r.more > 0 {
		told = append(told, refusal{Reason: "too_many", Source: r.source, More: r.more})
	}
	if len(told) == 0 {
		return nil
	}
	messages := make([]bus.Message, len(told))
	for i, one := range told {
		messages[i] = bus.Message{
			Subject: subject.Dead(deadStage),
			Header:  map[string]string{subject.HeaderReason: one.Reason, subject.HeaderSource: one.Source},
			Body:    plainJSON(one),
		}
	}
	if err := b.PublishMany(ctx, messages); err != nil {
		return fmt.Errorf("give up %d lines: %w", len(told), err)
	}
	return nil
}

// plainJSON encodes a value as JSON in which every byte outside of printable ASCII is escaped, so that a stranger's text
// can be shown on a terminal as it is.
func plainJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r >= ' ' && r < 0x7f {
			out = append(out, byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}
