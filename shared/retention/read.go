package retention

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxFile bounds the file in bytes.
const maxFile = 8 << 20

// file is the form of RETENTION_RULES. Unknown and repeated keys are errors.
type file struct {
	Rules []struct {
		Name      string   `yaml:"name"`       // what the plan calls it
		Kinds     []string `yaml:"kinds"`      // 7, or 20000-29999
		Authors   []string `yaml:"authors"`    // hex, npub or nprofile
		Relays    []string `yaml:"relays"`     // only what none but these were seen to serve
		OlderThan string   `yaml:"older_than"` // by created_at: 90d, 12h
	} `yaml:"rules"`
}

// Read reads the rules of a file; "" is none. What is written wrongly is an error: a rule must not remove anything else
// than was meant.
func Read(path string) (Rules, error) {
	if path == "" {
		return nil, nil
	}
	text, err := app.ReadList("RETENTION_RULES", path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads rules and reports everything that is wrong in them.
func Parse(text []byte) (Rules, error) {
	var f file
	if err := app.DecodeList("RETENTION_RULES", text, &f); err != nil {
		return nil, err
	}
	var rules Rules
	var wrong []error
	for i, r := range f.Rules {
		rule := Rule{Name: r.Name}
		var errs [4]error
		rule.Kinds, errs[0] = each(r.Kinds, "kinds", parseKinds)
		rule.Authors, errs[1] = each(r.Authors, "author", event.DecodePubKey)
		rule.Relays, errs[2] = each(r.Relays, "relay", parseRelay)
		rule.OlderThan, errs[3] = parseAge(r.OlderThan)
		if rule.Name == "" {
			rule.Name = fmt.Sprintf("rule %d", i+1)
		}
		err := errors.Join(errs[:]...)
		if err == nil && len(r.Kinds)+len(r.Authors)+len(r.Relays) == 0 && rule.OlderThan == 0 {
			err = errors.New("it has no condition: it would match every event")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("RETENTION_RULES, %.100q: %w", rule.Name, err))
		}
		rules = append(rules, rule)
	}
	return rules, errors.Join(wrong...)
}

func each[T any](texts []string, what string, parse func(string) (T, error)) (list []T, err error) {
	var wrong []error
	for _, text := range texts {
		value, err := parse(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s %.100q: %w", what, text, err))
			continue
		}
		list = append(list, value)
	}
	return list, errors.Join(wrong...)
}

func parseKinds(text string) (Kinds, error) {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	to, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if err1 != nil || err2 != nil || from > to {
		return Kinds{}, errors.New("want a kind or a range of kinds from 0 to 65535")
	}
	return Kinds{uint16(from), uint16(to)}, nil
}

func parseRelay(text string) (string, error) {
	u, err := relay.ParseURL(text)
	if err != nil {
		return "", err
	}
	return string(u), nil
}

// maxAge is a century: more is a mistake.
const maxAge = 36_500 * 24 * time.Hour

// parseAge reads days, or what Go reads as a duration; nothing is 0.
func parseAge(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if digits, days := strings.CutSuffix(text, "d"); days {
		n, err := strconv.ParseUint(digits, 10, 16)
		if age := time.Duration(n) * 24 * time.Hour; err == nil && n > 0 && age <= maxAge {
			return age, nil
		}
	} else if age, err := time.ParseDuration(text); err == nil && age > 0 && age <= maxAge {
		return age, nil
	}
	return 0, fmt.Errorf("older_than %.100q: want days or hours, such as 90d or 12h", text)
}
