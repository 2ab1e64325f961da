package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

const (
	perServer = 2 * time.Second // before the next server is asked
	udpSize   = 1232            // bytes of an answer that no path fragments
)

// questioner asks the same servers several questions.
type questioner struct{ servers []string }

// question asks one server after the other. A name that does not exist is an answer; a server that fails is none.
func (q questioner) question(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	message := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	message.SetEdns0(udpSize, false)
	err := errors.New("no name server is known")
	for _, server := range q.servers {
		var answer *dns.Msg
		if answer, err = exchange(ctx, message, server); err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, err
}

// exchange asks over UDP, and over TCP for what was cut off.
func exchange(ctx context.Context, message *dns.Msg, server string) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, perServer)
	defer cancel()
	client := dns.Client{Net: "udp", UDPSize: udpSize}
	answer, _, err := client.ExchangeContext(ctx, message, server)
	if err == nil && answer.Truncated {
		client.Net = "tcp"
		answer, _, err = client.ExchangeContext(ctx, message, server)
	}
	if err != nil {
		return nil, err
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		return nil, errors.New(dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

// pointers returns the names of an address.
func (q questioner) pointers(ctx context.Context, addr netip.Addr) []string {
	reverse, err := dns.ReverseAddr(addr.String())
	if err != nil {
		return nil
	}
	answer, err := q.question(ctx, reverse, dns.TypePTR)
	if err != nil {
		return nil
	}
	return targets(answer, dns.TypePTR)
}

// missing says why there is no address: the name does not exist, it has none, or nobody answered.
func missing(host string, four, six *dns.Msg, errFour, errSix error) error {
	failed := &net.DNSError{Name: host}
	err := errors.Join(errFour, errSix)
	var timeout net.Error
	switch {
	case four != nil && four.Rcode == dns.RcodeNameError, six != nil && six.Rcode == dns.RcodeNameError:
		failed.Err, failed.IsNotFound = "no such host", true
	case err == nil:
		failed.Err, failed.IsNotFound = "no address", true
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		failed.Err, failed.IsTimeout, failed.IsTemporary = "no answer in time", true, true
	default:
		failed.Err, failed.IsTemporary = "no answer", true
	}
	return failed
}
