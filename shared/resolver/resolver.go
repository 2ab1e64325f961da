package resolver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/sync/errgroup"
)

// Bounds of what is kept of an answer.
const (
	maxAddresses = 32
	maxNames     = 16
)

// systemFile names the system's resolvers.
const systemFile = "/etc/resolv.conf"

// Resolver asks a list of recursive name servers, the first that answers. It is safe for concurrent use. The zero value asks
// those of the system.
type Resolver struct{ servers []string }

// New takes servers as host:port or as addresses with port 53. An empty list means those of the system, which are read at
// every lookup: a laptop moves.
func New(servers []string) (*Resolver, error) {
	r := &Resolver{}
	for _, server := range servers {
		if addr, err := netip.ParseAddr(server); err == nil {
			server = net.JoinHostPort(addr.String(), "53")
		}
		if _, err := netip.ParseAddrPort(server); err != nil {
			return nil, fmt.Errorf("read name server %q: want an address, or address:port", server)
		}
		r.servers = append(r.servers, server)
	}
	return r, nil
}

func (r *Resolver) list() ([]string, error) {
	if len(r.servers) > 0 {
		return r.servers, nil
	}
	config, err := dns.ClientConfigFromFile(systemFile)
	if err != nil {
		return nil, fmt.Errorf("find the name servers of the system: %w", err)
	}
	var servers []string
	for _, server := range config.Servers {
		servers = append(servers, net.JoinHostPort(server, config.Port))
	}
	return servers, nil
}

// Records are what name servers say of a host.
type Records struct {
	A, AAAA []netip.Addr  // sorted
	CNAME   []string      // the chain in its order
	Zone    string        // the registrable domain, "" = there is none
	NS      []string      // of the zone, sorted
	PTR     []string      // of the first address, sorted
	TTL     time.Duration // the smallest of the addresses
	Took    time.Duration // until the addresses were known
}

// Records looks a host up. reverse says whether an address may be asked for in turn: the names of private addresses are
// nobody's business. The error is a *net.DNSError when neither A nor AAAA came of it; of the rest, what does not answer is
// left out.
func (r *Resolver) Records(ctx context.Context, host string, reverse func(netip.Addr) bool) (Records, error) {
	var found Records
	servers, err := r.list()
	if err != nil {
		return found, err
	}
	ask := questioner{servers: servers}
	var four, six, names *dns.Msg
	var errFour, errSix error
	group, start := errgroup.Group{}, time.Now()
	group.Go(func() error { four, errFour = ask.question(ctx, host, dns.TypeA); return nil })
	group.Go(func() error { six, errSix = ask.question(ctx, host, dns.TypeAAAA); return nil })
	if zone, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		found.Zone = zone
		group.Go(func() error { names, _ = ask.question(ctx, zone, dns.TypeNS); return nil })
	}
	_ = group.Wait() // no function returns an error
	found.Took = time.Since(start)
	found.addresses(four)
	found.addresses(six)
	found.NS = targets(names, dns.TypeNS)
	if len(found.A)+len(found.AAAA) == 0 {
		return found, missing(host, four, six, errFour, errSix)
	}
	found.sort()
	if first := found.first(); reverse(first) {
		found.PTR = ask.pointers(ctx, first)
	}
	return found, nil
}

// first is the address that stands for the host.
func (r *Records) first() netip.Addr {
	if len(r.A) > 0 {
		return r.A[0]
	}
	return r.AAAA[0]
}

func (r *Records) sort() {
	slices.SortFunc(r.A, netip.Addr.Compare)
	slices.SortFunc(r.AAAA, netip.Addr.Compare)
	r.A, r.AAAA = slices.Compact(r.A), slices.Compact(r.AAAA)
}
