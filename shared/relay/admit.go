package relay

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// admit asks for leave to connect to an address of a stranger. release is never nil beside a nil error.
func (d *Dialer) admit(ctx context.Context, addr netip.Addr) (release func(), err error) {
	if d.opt.Admit == nil || contains(d.own, addr.Unmap()) {
		return func() {}, nil
	}
	if release, err = d.opt.Admit(ctx, addr.Unmap()); err != nil {
		return nil, notAdmitted(err)
	}
	return sync.OnceFunc(release), nil
}

func notAdmitted(err error) *Error {
	if e := connectError(err); e.Class != ClassUnreachable {
		return e
	}
	return &Error{Class: ClassBusy, Err: err}
}

// admitted is a connection that was given leave, and gives it back when it is closed.
type admitted struct {
	net.Conn
	release func()
}

func (a *admitted) Close() error {
	err := a.Conn.Close()
	a.release()
	return err
}
