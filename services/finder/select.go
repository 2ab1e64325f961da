package finder

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	maxListURLs  = 50_000  // of one list; what comes after is counted
	maxListBytes = 256_000 // of one message on FOUND
)

// choose evaluates the list's expression on a body. Texts are kept; anything else, and what is longer than a URL may be,
// is refused. The interpreter is not ours, and a stranger's document must not end the process: a panic is an error.
func (l *list) choose(body []byte) (urls []string, unfit int, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("evaluate select: %v", broken)
		}
	}()
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, 0, fmt.Errorf("decode list: %w", err)
	}
	chosen, err := l.expression.Search(document)
	if err != nil {
		return nil, 0, fmt.Errorf("evaluate select: %w", err)
	}
	items, ok := chosen.([]any)
	if !ok {
		return nil, 0, fmt.Errorf("evaluate select: got %T, want an array of texts", chosen)
	}
	for _, item := range items {
		url, ok := item.(string)
		if !ok || len(url) > relay.MaxURL || len(urls) >= maxListURLs {
			unfit++
			continue
		}
		urls = append(urls, url)
	}
	return urls, unfit, nil
}

// listMessages writes texts as messages of the intake: one JSON string a line, because a stranger's text may hold line
// ends.
func listMessages(urls []string) []bus.Message {
	var messages []bus.Message
	var body bytes.Buffer
	flush := func() {
		if body.Len() > 0 {
			messages = append(messages, bus.Message{Subject: subject.FoundFrom(sourceList), Body: bytes.Clone(body.Bytes())})
		}
		body.Reset()
	}
	for _, url := range urls {
		line := plainJSON(url)
		if body.Len()+len(line) > maxListBytes {
			flush()
		}
		body.Write(line)
		body.WriteByte('\n')
	}
	flush()
	return messages
}
