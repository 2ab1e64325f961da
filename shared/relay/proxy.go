package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"time"

	"golang.org/x/net/proxy"
)

// dialProxy reaches an overlay host through its network's SOCKS5 proxy. The name travels unresolved, and each host gets
// credentials of its own, by which Tor keeps its circuit apart from those of other relays. Without a proxy nothing is
// dialled.
func (d *Dialer) dialProxy(ctx context.Context, network Network, address string, t *Timings) (net.Conn, error) {
	via := d.opt.Proxies[network]
	if via == nil {
		return nil, &Error{Class: ClassNoProxy}
	}
	socks, err := proxy.SOCKS5("tcp", via.Host, isolation(address), new(proxyDialer))
	if err != nil {
		return nil, &Error{Class: ClassNoProxy, Err: err}
	}
	start := time.Now()
	conn, err := socks.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	if t.TCP = time.Since(start); err != nil {
		return nil, connectError(err)
	}
	return conn, nil
}

func isolation(address string) *proxy.Auth {
	sum := sha256.Sum256([]byte(address))
	return &proxy.Auth{User: hex.EncodeToString(sum[:8]), Password: "isolated"}
}

// proxyDialer dials the proxy itself, whose address is configuration. Its failure is ours, never the relay's.
type proxyDialer struct{ net.Dialer }

func (p *proxyDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, &Error{Class: ClassNoProxy, Err: err}
	}
	return conn, nil
}
