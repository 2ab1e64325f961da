package netconf

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxDenyList bounds the file of the deny list in bytes.
const maxDenyList = 8 << 20

// denyFile is the form of RELAY_DENYLIST. Unknown and repeated keys are errors.
type denyFile struct {
	URLs    []string `yaml:"urls"`    // one relay each
	Hosts   []string `yaml:"hosts"`   // every relay of a host, whatever its port and path
	Domains []string `yaml:"domains"` // registrable domains with everything below them
	CIDRs   []string `yaml:"cidrs"`   // addresses, also those that a name turns out to have
}

// ReadDenyList reads the deny list of a file; "" is an empty list. What it names wrongly is an error: an opt-out must not
// fail silently.
func ReadDenyList(path string) (relay.Denylist, error) {
	if path == "" {
		return relay.Denylist{}, nil
	}
	text, err := app.ReadList("RELAY_DENYLIST", path, maxDenyList)
	if err != nil {
		return relay.Denylist{}, err
	}
	return ParseDenyList(text)
}

// ParseDenyList reads a deny list, YAML with the keys urls, hosts, domains and cidrs, and reports all that is wrong in it.
func ParseDenyList(text []byte) (relay.Denylist, error) {
	var file denyFile
	if err := app.DecodeList("RELAY_DENYLIST", text, &file); err != nil {
		return relay.Denylist{}, err
	}
	list := relay.Denylist{URLs: map[relay.URL]bool{}, Hosts: map[string]bool{}, Domains: map[string]bool{}}
	return list, errors.Join(denyURLs(list.URLs, file.URLs), denyHosts(list.Hosts, "host", file.Hosts),
		denyHosts(list.Domains, "domain", file.Domains), denyCIDRs(&list.CIDRs, file.CIDRs))
}

func denyURLs(into map[relay.URL]bool, lines []string) error {
	var wrong []error
	for _, line := range lines {
		u, err := relay.ParseURL(line)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("deny URL %.200q: %w", line, err))
			continue
		}
		into[u] = true
	}
	return errors.Join(wrong...)
}

// denyHosts reads host names the way URLs have them, so that case and script make no difference. An address that nobody
// would dial anyhow is refused like any other host that no relay can have.
func denyHosts(into map[string]bool, what string, lines []string) error {
	var wrong []error
	for _, line := range lines {
		u, err := relay.ParseURL("wss://" + strings.Trim(line, "."))
		if err != nil || u.Path() != "" || u.Port() != 443 {
			wrong = append(wrong, fmt.Errorf("deny %s %.200q: it is not a host name", what, line))
			continue
		}
		into[u.Host()] = true
	}
	return errors.Join(wrong...)
}

func denyCIDRs(into *[]netip.Prefix, lines []string) error {
	var wrong []error
	for _, line := range lines {
		prefix, err := netip.ParsePrefix(line)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("deny range %.200q: %w", line, err))
			continue
		}
		*into = append(*into, prefix.Masked())
	}
	return errors.Join(wrong...)
}
