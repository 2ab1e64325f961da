package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxNIPs   = 256
	maxNIP    = 1 << 16
	maxWord   = 256  // bytes of most texts
	maxProse  = 2048 // bytes of a description
	maxList   = 32   // entries of other lists
	maxLabel  = 64   // bytes of each
	maxClaims = 1 << 53
)

// Claims is what a relay says of itself (NIP-11), read tolerantly: a field of the wrong type is empty and takes no other
// with it, texts are tidied and cut, numbers that no JSON reader can hold are left out. What left the NIP in 2026 (tags,
// countries, languages) is read where it is still said.
type Claims struct {
	Name           string   `json:"name,omitempty"`
	Description    string   `json:"description,omitempty"`
	Software       string   `json:"software,omitempty"`
	Version        string   `json:"version,omitempty"`
	PubKey         string   `json:"pubkey,omitempty"`
	Self           string   `json:"self,omitempty"`
	Contact        string   `json:"contact,omitempty"`
	Icon           string   `json:"icon,omitempty"`
	Banner         string   `json:"banner,omitempty"`
	Terms          string   `json:"terms_of_service,omitempty"`
	PaymentsURL    string   `json:"payments_url,omitempty"`
	SupportedNIPs  []int    `json:"supported_nips,omitempty"` // at most 256, in the order given, each once
	LetterNIPs     []string `json:"letter_nips,omitempty"`    // of the same list, those that are no number, such as 5A and EE
	Tags           []string `json:"tags,omitempty"`
	Languages      []string `json:"language_tags,omitempty"`
	RelayCountries []string `json:"relay_countries,omitempty"`

	MaxMessageLength    int  `json:"max_message_length,omitempty"`
	MaxSubscriptions    int  `json:"max_subscriptions,omitempty"`
	MaxLimit            int  `json:"max_limit,omitempty"`
	DefaultLimit        int  `json:"default_limit,omitempty"`
	MinPowDifficulty    int  `json:"min_pow_difficulty,omitempty"`
	CreatedAtLowerLimit int  `json:"created_at_lower_limit,omitempty"`
	CreatedAtUpperLimit int  `json:"created_at_upper_limit,omitempty"`
	AuthRequired        bool `json:"auth_required,omitempty"`
	PaymentRequired     bool `json:"payment_required,omitempty"`
	RestrictedWrites    bool `json:"restricted_writes,omitempty"`

	// Denies are those of auth_required, payment_required and restricted_writes that are there and false. A relay that is
	// silent about a requirement does not lie about it.
	Denies []string `json:"denies,omitempty"`
}

// Supports says whether the relay names a NIP.
func (c *Claims) Supports(nip int) bool { return slices.Contains(c.SupportedNIPs, nip) }

func (i *Info) read() bool {
	doc, ok := object(bytes.TrimPrefix(i.Raw, []byte("\ufeff")))
	if !ok {
		return false
	}
	numbers, letters := nips(doc["supported_nips"])
	i.Claims = Claims{
		Name: word(doc["name"]), Description: prose(doc["description"]), Software: word(doc["software"]),
		Version: word(doc["version"]), PubKey: word(doc["pubkey"]), Self: word(doc["self"]), Contact: word(doc["contact"]),
		Icon: word(doc["icon"]), Banner: word(doc["banner"]), Terms: word(doc["terms_of_service"]),
		PaymentsURL: word(doc["payments_url"]), SupportedNIPs: numbers, LetterNIPs: letters, Tags: words(doc["tags"]),
		Languages: words(doc["language_tags"]), RelayCountries: words(doc["relay_countries"]),
	}
	limits, _ := object(doc["limitation"])
	i.limit(limits)
	return true
}

func (c *Claims) limit(said map[string]json.RawMessage) {
	c.MaxMessageLength, c.MaxSubscriptions = count(said["max_message_length"]), count(said["max_subscriptions"])
	c.MaxLimit, c.DefaultLimit = count(said["max_limit"]), count(said["default_limit"])
	c.MinPowDifficulty = count(said["min_pow_difficulty"])
	c.CreatedAtLowerLimit, c.CreatedAtUpperLimit = count(said["created_at_lower_limit"]), count(said["created_at_upper_limit"])
	c.AuthRequired, c.PaymentRequired = yes(said["auth_required"]), yes(said["payment_required"])
	c.RestrictedWrites = yes(said["restricted_writes"])
	c.Denies = nil
	for _, name := range []string{"auth_required", "payment_required", "restricted_writes"} {
		if string(said[name]) == "false" {
			c.Denies = append(c.Denies, name)
		}
	}
}

// DeniesThat says whether the relay says that it does not demand what a member of its limitation names.
func (c *Claims) DeniesThat(member string) bool { return slices.Contains(c.Denies, member) }

func object(raw []byte) (map[string]json.RawMessage, bool) {
	var doc map[string]json.RawMessage
	return doc, json.Unmarshal(raw, &doc) == nil && doc != nil
}

func word(raw []byte) string { return text(raw, maxWord) }

func prose(raw []byte) string { return text(raw, maxProse) }

func text(raw []byte, most int) string {
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return Tidy(s, most)
}

// words reads a list of texts and leaves out what is none.
func words(raw []byte) (out []string) {
	var items []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, item := range items {
		if s := text(item, maxLabel); s != "" && len(out) < maxList {
			out = append(out, s)
		}
	}
	return out
}

// count reads a whole number of zero or more; a limit that is none is 0, "not said".
func count(raw []byte) int {
	var n int
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil || n < 0 || n > maxClaims {
		return 0
	}
	return n
}

func yes(raw []byte) bool { return string(raw) == "true" }

// nips reads a list of NIPs, which should be numbers (NIP-11); NIPs whose identifier has letters can only stand there as texts, and
// some relays write numbers as texts, too.
func nips(raw []byte) (numbers []int, letters []string) {
	var items []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil, nil
	}
	seen := map[string]bool{}
	for _, item := range items {
		number, letter, ok := nip(item)
		id := fmt.Sprint(number, letter)
		if !ok || seen[id] || len(seen) == maxNIPs {
			continue
		}
		if seen[id] = true; letter != "" {
			letters = append(letters, letter)
		} else {
			numbers = append(numbers, number)
		}
	}
	return numbers, letters
}

// letterNIP is the form of identifiers that are no number: two hexadecimal digits.
var letterNIP = regexp.MustCompile(`^[0-9A-F]{2}$`)

func nip(raw []byte) (number int, letter string, ok bool) {
	text := string(raw)
	if raw[0] == '"' && json.Unmarshal(raw, &text) != nil {
		return 0, "", false
	}
	if json.Unmarshal([]byte(text), &number) == nil {
		return number, "", text != "null" && number >= 0 && number <= maxNIP
	}
	if number, err := strconv.ParseUint(text, 10, 16); err == nil { // "01"
		return int(number), "", true
	}
	letter = strings.ToUpper(text)
	return 0, letter, letterNIP.MatchString(letter)
}
