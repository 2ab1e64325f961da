package finder

import (
	"encoding/json"
	"errors"
	"sort"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	kindProfile = 0 // NIP-01; its content may name a domain (NIP-05)

	domainMax  = 256 << 10 // bytes of a nostr.json
	domainURLs = 200       // of one
	maxAddress = 320       // bytes of name@domain
)

// address is who a profile says it is: name@domain.
type address struct{ name, domain string }

// readAddress reads the NIP-05 address out of the content of a profile.
func readAddress(profile string) (a address, ok bool) {
	var p struct {
		Address string `json:"nip05"`
	}
	if json.Unmarshal([]byte(profile), &p) != nil || len(p.Address) > maxAddress {
		return a, false
	}
	name, domain, ok := strings.Cut(strings.TrimSpace(p.Address), "@")
	if !ok {
		name, domain = "_", name
	}
	host, err := relay.ParseURL("wss://" + domain)
	if err != nil || strings.ContainsAny(domain, "/:?#@[") || host.Network() != relay.Clearnet {
		return a, false
	}
	if name = strings.ToLower(name); name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return a, false
	}
	return address{name, host.Host()}, true
}

var errNostrJSON = errors.New("read nostr.json: it is too large or no object")

// readNostrJSON lists the relays of a nostr.json, at most domainURLs, whoever they are of; what has another form is passed
// over.
func readNostrJSON(body []byte) (urls []string, err error) {
	var document struct {
		Relays map[string]json.RawMessage `json:"relays"`
	}
	if len(body) > domainMax || json.Unmarshal(body, &document) != nil {
		return nil, errNostrJSON
	}
	seen := map[string]bool{}
	for _, raw := range document.Relays {
		var list []any
		_ = json.Unmarshal(raw, &list) // of another form: it names nobody
		for _, item := range list {
			if text, ok := item.(string); ok && len(text) <= relay.MaxURL && !seen[text] && len(urls) < domainURLs {
				seen[text], urls = true, append(urls, text)
			}
		}
	}
	sort.Strings(urls)
	return urls, nil
}
