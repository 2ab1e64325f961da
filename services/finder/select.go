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
	if l.Select == selectLines {
		urls, unfit = lines(body)
		return urls, unfit, nil
	}
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

// lines reads a list of one URL a line; empty lines and comments are passed over.
func lines(body []byte) (urls []string, unfit int) {
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		switch {
		case len(line) == 0 || line[0] == '#':
		case len(line) > relay.MaxURL || len(urls) >= maxListURLs:
			unfit++
		default:
			urls = append(urls, string(line))
		}
	}
	return urls, unfit
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
