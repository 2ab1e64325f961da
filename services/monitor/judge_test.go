package monitor

import (
	"context"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func TestJudge(t *testing.T) {
	closed := func(prefix string) error { return &relay.Error{Class: relay.ClassClosed, Prefix: prefix} }
	status := func(code int) error { return &relay.Error{Class: relay.ClassUpgrade, Status: code} }
	reset := &relay.Error{Class: relay.ClassUpgrade, Err: fmt.Errorf("read: %w", syscall.ECONNRESET)}
	for _, c := range []struct {
		name       string
		open, read error
		challenged bool
		secure     bool
		want       string
	}{
		{name: "answers", want: up},
		{name: "answers after a challenge", challenged: true, want: up},
		{name: "refused", open: &relay.Error{Class: relay.ClassRefused}, want: down},
		{name: "foreign error", open: io.EOF, want: down},
		{name: "401", open: status(401), want: blocked},
		{name: "403", open: status(403), secure: true, want: blocked},
		{name: "429", open: status(429), want: blocked},
		{name: "200", open: status(200), want: down},
		{name: "503", open: status(503), want: down},
		{name: "reset after TLS", open: reset, secure: true, want: blocked},
		{name: "reset without TLS", open: reset, want: down},
		{name: "end after TLS", open: &relay.Error{Class: relay.ClassUpgrade, Err: io.EOF}, secure: true, want: down},
		{name: "reset while connecting", open: &relay.Error{Class: relay.ClassUnreachable, Err: syscall.ECONNRESET}, secure: true, want: down},
		{name: "auth-required", read: closed("auth-required"), want: authOnly},
		{name: "silence after a challenge", read: &relay.Error{Class: relay.ClassAuth}, challenged: true, want: authOnly},
		{name: "restricted after a challenge", read: closed("restricted"), challenged: true, want: authOnly},
		{name: "restricted", read: closed("restricted"), want: blocked},
		{name: "blocked", read: closed("blocked"), challenged: true, want: blocked},
		{name: "rate-limited", read: closed("rate-limited"), want: blocked},
		{name: "blocked by a notice", read: &relay.Error{Class: relay.ClassNotice, Prefix: "blocked"}, want: blocked},
		{name: "error", read: closed("error"), want: down},
		{name: "notice", read: &relay.Error{Class: relay.ClassNotice, Text: "blocked in the text alone"}, want: down},
		{name: "timeout", read: &relay.Error{Class: relay.ClassTimeout}, want: down},
		{name: "403 on the second connection", read: status(403), want: blocked},
		{name: "flood", read: &relay.Error{Class: relay.ClassFlood}, want: down},
	} {
		if got := judge(c.open, c.read, c.challenged, c.secure); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPassingAndReached(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	for _, c := range []struct {
		err              error
		passing, reached bool
	}{
		{nil, false, true},
		{io.EOF, false, false},
		{errNotOpen, false, false},
		{&relay.Error{Class: relay.ClassTimeout, Err: dial}, true, false},
		{&relay.Error{Class: relay.ClassTimeout, Err: &net.OpError{Op: "socks connect"}}, true, false},
		{&relay.Error{Class: relay.ClassTimeout, Err: context.DeadlineExceeded}, true, true},
		{&relay.Error{Class: relay.ClassRefused}, false, false},
		{&relay.Error{Class: relay.ClassUnreachable}, true, false},
		{&relay.Error{Class: relay.ClassDisconnect}, true, false},
		{&relay.Error{Class: relay.ClassTLS}, false, true},
		{&relay.Error{Class: relay.ClassUpgrade, Status: 403}, false, true},
		{&relay.Error{Class: relay.ClassUpgrade, Status: 503}, true, true},
		{&relay.Error{Class: relay.ClassUpgrade}, true, true},
		{&relay.Error{Class: relay.ClassDNS, Err: &net.DNSError{IsNotFound: true}}, false, false},
		{&relay.Error{Class: relay.ClassDNS, Err: &net.DNSError{IsTemporary: true}}, true, false},
		{&relay.Error{Class: relay.ClassClosed, Prefix: "auth-required"}, false, false},
		{&relay.Error{Class: relay.ClassNoProxy}, false, false},
		{&relay.Error{Class: relay.ClassReserved}, false, false},
	} {
		if got := c.err != nil && passing(c.err); got != c.passing {
			t.Errorf("passing(%v) got %v, want %v", c.err, got, c.passing)
		}
		if got := reached(c.err); got != c.reached {
			t.Errorf("reached(%v) got %v, want %v", c.err, got, c.reached)
		}
	}
}
