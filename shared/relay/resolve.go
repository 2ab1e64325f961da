package relay

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
)

// resolve turns a clearnet host into the addresses to try. Every answer must pass the guard: one reserved address refuses
// the host, or a name with mixed answers could steer us inside.
func (d *Dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, d.check(addr)
	}
	name, err := d.Parser().host(host)
	if err != nil {
		return nil, &Error{Class: ClassReserved, Err: err} // a redirect may name what no parser saw
	}
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	addrs, err := d.opt.Resolver.LookupNetIP(ctx, "ip", absolute(name))
	if err != nil || len(addrs) == 0 {
		return nil, dnsError(err)
	}
	for i, addr := range addrs {
		if err := d.check(addr); err != nil {
			return nil, err
		}
		addrs[i] = addr.Unmap()
	}
	addrs = interleave(addrs)
	return addrs[:min(len(addrs), maxAddresses)], nil
}

// absolute keeps the machine's search domains out of the lookup. `localhost` comes from the hosts file, if at all.
func absolute(name string) string {
	if strings.Contains(name, ".") {
		return name + "."
	}
	return name
}

func dnsError(err error) *Error {
	if errors.Is(err, context.Canceled) {
		return &Error{Class: ClassCanceled, Err: err}
	}
	return &Error{Class: ClassDNS, Err: err}
}

// check is the guard on an address.
func (d *Dialer) check(addr netip.Addr) error {
	if d.opt.Deny.deniesAddr(addr) {
		return &Error{Class: ClassDenied}
	}
	if Reserved(addr) && !contains(d.opt.Allow, addr.Unmap()) {
		return &Error{Class: ClassReserved}
	}
	return nil
}

// control is the guard on what the kernel is about to connect to, whatever was decided before.
func (d *Dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Error{Class: ClassReserved, Err: fmt.Errorf("read address: %w", err)}
	}
	if err := d.check(target.Addr()); err != nil {
		return err
	}
	if internalPorts[target.Port()] && !contains(d.opt.Allow, target.Addr().Unmap()) {
		return &Error{Class: ClassReserved}
	}
	return nil
}

// interleave alternates the families, IPv6 first (RFC 8305, section 4), so that a host without working IPv6 loses one
// stagger and not one per address.
func interleave(addrs []netip.Addr) []netip.Addr {
	var six, four, out []netip.Addr
	for _, addr := range addrs {
		if addr.Is6() {
			six = append(six, addr)
		} else {
			four = append(four, addr)
		}
	}
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			out = append(out, six[i])
		}
		if i < len(four) {
			out = append(out, four[i])
		}
	}
	return out
}
