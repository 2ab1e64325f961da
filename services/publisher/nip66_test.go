package publisher

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// This file reads NIP-66 (and 01, 32, 52 and 65 as far as it refers to them) and knows nothing of the code that builds events.
// It is stricter than the text where that leaves a form open and everybody uses one.

// rule checks the values of one tag.
type rule struct {
	least, most int // how often the tag may stand
	check       func(values []string) error
}

var (
	isInteger  = regexp.MustCompile(`^[1-9][0-9]*$`)
	isNIP      = regexp.MustCompile(`^([0-9]|[1-9][0-9]{1,4}|[0-9A-F]{2})$`)
	isGeohash  = regexp.MustCompile(`^[0-9bcdefghjkmnpqrstuvwxyz]{1,12}$`)
	isKind     = regexp.MustCompile(`^!?(0|[1-9][0-9]{0,4})$`)
	isCheck    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	isLongName = regexp.MustCompile(`^[a-z]+[0-9]?(-[a-z]+[0-9]?)+$|^ssl$`)
)

var relayTypes = strings.Fields("PublicOutbox PublicInbox PrivateInbox PrivateStorage Search Directory Community Algo Archival LocalCache Blob Broadcast Proxy Trusted Push")

const often = 10_000

// discoveryRules are those of kind 30166.
var discoveryRules = map[string]rule{
	"d":         {1, 1, one(relayURL)},
	"n":         {0, 1, one(oneOf("clearnet", "tor", "i2p", "loki"))},
	"rtt-open":  {0, 1, one(matching(isInteger))},
	"rtt-read":  {0, 1, one(matching(isInteger))},
	"rtt-write": {0, 1, one(matching(isInteger))},
	"T":         {0, often, one(oneOf(relayTypes...))},
	"N":         {0, often, one(matching(isNIP))},
	"R":         {0, often, one(oneOf("auth", "!auth", "writes", "!writes", "pow", "!pow", "payment", "!payment"))},
	"t":         {0, often, one(text)},
	"k":         {0, often, one(matching(isKind))},
	"g":         {0, often, one(matching(isGeohash))},
	"l":         {0, often, func(v []string) error { return values(v, 2, text) }},
	"L":         {0, often, one(text)},
}

// monitorRules are those of kind 10166. Of `timeout` the order of the example counts.
var monitorRules = map[string]rule{
	"frequency": {1, 1, one(matching(isInteger))},
	"timeout":   {0, often, timeout},
	"c":         {0, often, one(matching(isCheck))},
	"g":         {0, often, one(matching(isGeohash))},
	"n":         {0, often, one(oneOf("clearnet", "tor", "i2p", "loki"))},
}

// checkEvent says what is wrong with an event of a monitor.
func checkEvent(e *event.Event) error {
	parsed, err := event.Parse(e.AppendJSON(nil))
	if err != nil || !parsed.CheckSignature() {
		return fmt.Errorf("NIP-01: %v, or a wrong signature", err)
	}
	var tags [][]string
	if err := json.Unmarshal(e.Tags, &tags); err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	var content string
	if err := json.Unmarshal(e.Content, &content); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	switch e.Kind {
	case 30166:
		return errors.Join(checkTags(tags, discoveryRules), infoDocument(content), marks(tags), noTwice(tags), noContradiction(tags))
	case 10166:
		return errors.Join(checkTags(tags, monitorRules), noTwice(tags), empty(content))
	case 10002:
		return errors.Join(checkTags(tags, map[string]rule{"r": {1, often, one(relayURL)}}), noTwice(tags), empty(content))
	case 0:
		return errors.Join(checkTags(tags, nil), profile(content))
	}
	return fmt.Errorf("kind %d is none of a monitor", e.Kind)
}

func checkTags(tags [][]string, rules map[string]rule) error {
	var wrong []error
	seen := map[string]int{}
	for _, tag := range tags {
		if len(tag) < 2 {
			wrong = append(wrong, fmt.Errorf("tag %q has no value", tag))
			continue
		}
		seen[tag[0]]++
		r, known := rules[tag[0]]
		switch {
		case known:
			if err := r.check(tag[1:]); err != nil {
				wrong = append(wrong, fmt.Errorf("tag %q: %w", tag, err))
			}
		case rules == nil || !isLongName.MatchString(tag[0]) || len(tag) != 2 || text(tag[1]) != nil:
			wrong = append(wrong, fmt.Errorf("tag %q is not in the NIP and no extra one", tag))
		}
	}
	for name, r := range rules {
		if n := seen[name]; n < r.least || n > r.most {
			wrong = append(wrong, fmt.Errorf("got %d tags %s, want %d to %d", n, name, r.least, r.most))
		}
	}
	return errors.Join(wrong...)
}

func one(check func(string) error) func([]string) error {
	return func(v []string) error { return values(v, 1, check) }
}

func values(got []string, n int, check func(string) error) error {
	if len(got) != n {
		return fmt.Errorf("got %d values, want %d", len(got), n)
	}
	for _, v := range got {
		if err := check(v); err != nil {
			return err
		}
	}
	return nil
}

func matching(form *regexp.Regexp) func(string) error {
	return func(v string) error {
		if !form.MatchString(v) {
			return fmt.Errorf("%q does not match %s", v, form)
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return fmt.Errorf("%q is none of %v", v, words)
		}
		return nil
	}
}

func text(v string) error {
	if strings.TrimSpace(v) == "" || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%q is empty or has control characters", v)
	}
	return nil
}

// relayURL wants the form of RFC 3986, section 6.2.
func relayURL(v string) error {
	u, err := url.Parse(v)
	if err != nil {
		return err
	}
	port := map[string]string{"ws": "80", "wss": "443"}
	switch {
	case u.Scheme != "ws" && u.Scheme != "wss":
		return errors.New("the scheme is not ws or wss")
	case u.Host == "" || u.Host != strings.ToLower(u.Host) || u.Port() == port[u.Scheme]:
		return errors.New("the host is not normal")
	case u.User != nil || strings.ContainsAny(v, "?#"):
		return errors.New("there is more than host and path")
	case u.Path == "" || u.Path != "/" && path.Clean(u.Path) != u.Path:
		return errors.New("the path is not normal")
	}
	return nil
}

func timeout(v []string) error {
	if len(v) == 1 {
		return matching(isInteger)(v[0])
	}
	if len(v) != 2 {
		return errors.New("want a check and milliseconds")
	}
	return errors.Join(matching(isCheck)(v[0]), matching(isInteger)(v[1]))
}

// infoDocument: the content is a NIP-11 document or nothing.
func infoDocument(content string) error {
	var doc map[string]json.RawMessage
	if content != "" && (json.Unmarshal([]byte(content), &doc) != nil || doc == nil) {
		return errors.New("the content is no JSON object")
	}
	return nil
}

func empty(content string) error {
	if content != "" {
		return errors.New("the content is not empty")
	}
	return nil
}

func profile(content string) error {
	var doc struct{ Name *string }
	if err := json.Unmarshal([]byte(content), &doc); err != nil || doc.Name == nil {
		return errors.New("the profile has no name")
	}
	return nil
}

// marks: every label names a namespace that has a tag (NIP-32).
func marks(tags [][]string) error {
	spaces := map[string]bool{}
	for _, tag := range tags {
		if tag[0] == "L" && len(tag) > 1 {
			spaces[tag[1]] = true
		}
	}
	used := map[string]bool{}
	for _, tag := range tags {
		if tag[0] == "l" && (len(tag) < 3 || !spaces[tag[2]]) {
			return fmt.Errorf("label %q has no namespace", tag)
		} else if tag[0] == "l" {
			used[tag[2]] = true
		}
	}
	if len(used) != len(spaces) {
		return errors.New("a namespace has no label")
	}
	return nil
}

func noTwice(tags [][]string) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		key := strconv.Quote(strings.Join(tag, "\x00"))
		if seen[key] {
			return fmt.Errorf("tag %q stands twice", tag)
		}
		seen[key] = true
	}
	return nil
}

// noContradiction: nothing is said together with its opposite.
func noContradiction(tags [][]string) error {
	said := map[string]bool{}
	for _, tag := range tags {
		if tag[0] != "R" && tag[0] != "k" {
			continue
		}
		name := strings.TrimPrefix(tag[1], "!")
		if said[tag[0]+name] {
			return fmt.Errorf("%s %s is said twice", tag[0], name)
		}
		said[tag[0]+name] = true
	}
	return nil
}
