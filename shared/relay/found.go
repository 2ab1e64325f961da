package relay

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Bounds of one FOUND message.
const (
	MaxFoundBody  = 1 << 20
	MaxFoundURLs  = 20_000
	MaxFoundEvent = 2_000 // of one event
	maxFoundLine  = 200   // bytes of a text that are kept
	maxFoundDepth = 4
)

// Found is one candidate of a message: the URL, or why the text is none (a *URLError).
type Found struct {
	Line string // the text as it stood there, cut at 200 bytes
	URL  URL
	Cut  bool // a userinfo, query or fragment was removed
	Err  error
}

// ParseFound reads the body of a FOUND message with a Parser that allows no reserved address.
func ParseFound(body []byte) []Found { return Parser{}.Found(body) }

// Found reads the body of a FOUND message in any of its forms: a URL, many lines (comments, CRLF, BOM, empty lines, bare
// hosts, http schemes), a JSON string, array, object with `url`, a Nostr event, a relay's EVENT frame, or several such
// documents, one a line. A bad line is one Found with an error; it never stops the rest. Beyond MaxFoundBody bytes or
// MaxFoundURLs candidates one last Found says ReasonTooLong or ReasonTooMany.
func (p Parser) Found(body []byte) []Found {
	c := collector{parser: p, limit: MaxFoundURLs}
	body, rest := cutBody(bytes.TrimPrefix(body, []byte("\ufeff")))
	body = c.documents(body)
	for line := range bytes.FieldsFuncSeq(body, isLineEnd) {
		c.line(bytes.TrimSpace(line))
	}
	if rest > 0 {
		c.out = append(c.out, Found{Line: "the rest of the message", Err: refuse(ReasonTooLong)})
	}
	return c.done()
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' }

// cutBody cuts a body that is too long after its last whole line.
func cutBody(body []byte) (kept []byte, rest int) {
	if len(body) <= MaxFoundBody {
		return body, 0
	}
	cut := bytes.LastIndexByte(body[:MaxFoundBody], '\n') + 1
	if cut == 0 {
		return nil, len(body)
	}
	return body[:cut], len(body) - cut
}

// collector gathers the candidates of one message under a limit.
type collector struct {
	parser Parser
	limit  int
	out    []Found
	beyond int
	seen   map[string]bool // nil: duplicates are kept, each line has its verdict
}

// documents reads whole JSON documents from the start of the body, also those of many lines, and returns what is left
// for reading line by line. Each byte is looked at a bounded number of times.
func (c *collector) documents(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	for {
		rest := bytes.TrimSpace(body[dec.InputOffset():])
		if !beginsJSON(rest) {
			return rest
		}
		var doc json.RawMessage
		if dec.Decode(&doc) != nil {
			return rest
		}
		c.document(doc, maxFoundDepth)
	}
}

func beginsJSON(b []byte) bool { return len(b) > 0 && strings.IndexByte(`"[{`, b[0]) >= 0 }

func (c *collector) line(line []byte) {
	switch {
	case len(line) == 0 || line[0] == '#':
	case beginsJSON(line) && json.Valid(line):
		c.document(line, maxFoundDepth)
	default:
		text, _, _ := strings.Cut(string(line), " #")
		if text = strings.Trim(text, ", \ufeff"); text != "" {
			c.text(text)
		}
	}
}

func (c *collector) document(doc []byte, depth int) {
	doc = bytes.TrimSpace(doc)
	switch {
	case len(doc) == 0:
	case doc[0] == '"':
		var s string
		_ = json.Unmarshal(doc, &s) // the document is known to be valid
		c.text(s)
	case doc[0] == '[' && depth > 0:
		c.array(doc, depth)
	case doc[0] == '{':
		c.object(doc)
	default:
		c.refuse(string(doc), ReasonShape)
	}
}

func (c *collector) array(doc []byte, depth int) {
	var items []json.RawMessage
	if json.Unmarshal(doc, &items) != nil {
		c.refuse(string(doc), ReasonShape)
		return
	}
	if event, ok := eventOfFrame(items); ok {
		items = []json.RawMessage{event}
	}
	for _, item := range items {
		c.document(item, depth-1)
	}
}

// eventOfFrame finds the event in `["EVENT", …, {…}]`, as tools print what relays send.
func eventOfFrame(items []json.RawMessage) (json.RawMessage, bool) {
	if len(items) < 2 || string(items[0]) != `"EVENT"` {
		return nil, false
	}
	return items[len(items)-1], true
}

func (c *collector) object(doc []byte) {
	var o struct {
		URL  json.RawMessage `json:"url"`
		Kind json.RawMessage `json:"kind"`
	}
	if json.Unmarshal(doc, &o) != nil || o.URL == nil && o.Kind == nil {
		c.refuse(string(doc), ReasonShape)
		return
	}
	if o.Kind != nil {
		c.event(doc)
		return
	}
	if !beginsJSON(o.URL) || o.URL[0] != '"' {
		c.refuse(string(doc), ReasonShape)
		return
	}
	c.document(o.URL, 0)
}

// text reads a text that holds one URL or several: separated by white space, commas or quotes, or run together at the
// next scheme, as lists in the wild have them.
func (c *collector) text(s string) {
	pieces := splitURLs(s)
	for _, piece := range pieces {
		c.candidate(piece)
	}
	if len(pieces) == 0 {
		c.candidate(s)
	}
}

func (c *collector) candidate(s string) {
	if len(c.out) >= c.limit {
		c.beyond++
		return
	}
	u, err := c.parser.Parse(s)
	key := string(u)
	if err != nil {
		key = s
	}
	if c.seen[key] {
		return
	}
	if c.seen != nil {
		c.seen[key] = true
	}
	c.out = append(c.out, Found{Line: cut(s), URL: u, Cut: err == nil && strings.ContainsAny(s, "?#@"), Err: err})
}

func (c *collector) refuse(text, reason string) {
	if len(c.out) >= c.limit {
		c.beyond++
		return
	}
	c.out = append(c.out, Found{Line: cut(text), Err: refuse(reason)})
}

func (c *collector) done() []Found {
	if c.beyond > 0 {
		c.out = append(c.out, Found{Line: "the rest of the message", Err: refuse(ReasonTooMany)})
	}
	return c.out
}

// cut keeps the first 200 bytes of a stranger's text, as valid UTF-8.
func cut(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxFoundLine)], "\ufffd")
}
