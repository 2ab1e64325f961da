package netconf

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Options turns the settings into the policy of a relay.Dialer. It reads the deny list's file, and reports every setting
// that is wrong, not only the first.
func (c Config) Options() (relay.Options, error) {
	opt := relay.Options{AllowInsecureTLS: c.AllowInsecureTLS, UserAgent: c.UserAgent, FrameMax: int64(c.FrameMax),
		Proxies: map[relay.Network]*url.URL{}}
	var wrong []error
	for _, text := range c.AllowCIDRs {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("read RELAY_ALLOW_CIDRS: %w", err))
			continue
		}
		opt.Allow = append(opt.Allow, prefix.Masked())
	}
	for _, network := range relay.Networks() {
		proxy, err := readProxy(c.Limits(network).Proxy)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("read the proxy of %s: %w", network, err))
		} else if proxy != nil {
			opt.Proxies[network] = proxy
		}
	}
	deny, err := ReadDenyList(c.DenyListFile)
	if err != nil {
		wrong = append(wrong, err)
	}
	opt.Deny = deny
	return opt, errors.Join(wrong...)
}

// readProxy reads the address of a SOCKS5 proxy that resolves names itself; "" is none. The address may hold a password,
// so no error repeats it.
func readProxy(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	proxy, err := url.Parse(text)
	if err != nil || proxy.Scheme != "socks5h" || proxy.Hostname() == "" || proxy.Port() == "" {
		return nil, errors.New("want socks5h://host:port")
	}
	return proxy, nil
}
