package monitor

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Why a check was not made. None of them is a failure of the relay.
var (
	errNotOpen       = errors.New("the relay is not open")
	errNotReadable   = errors.New("the relay serves no strangers")
	errNoTime        = errors.New("the round used up its time")
	errNotApplicable = errors.New("there is no such thing about this relay")
	errNotMeasured   = errors.New("there is nothing to measure it with")
	errNoSix         = errors.New("nothing shows that IPv6 works here")
)

func always(*round) error { return nil }

func whenOpen(r *round) error {
	if r.failure(document.Open) != nil {
		return errNotOpen
	}
	return nil
}

// whenAnswered wants an answer of HTTP, be it a refusal: what stands in front of a relay tells its name either way.
func whenAnswered(r *round) error {
	if r.header == nil {
		return errNotOpen
	}
	return nil
}

// whenRead wants a relay that serves strangers: what it can do cannot be seen of another.
func whenRead(r *round) error {
	if err := whenOpen(r); err != nil {
		return err
	}
	if r.failure(document.Read) != nil {
		return errNotReadable
	}
	return nil
}

// whenReached wants no more than an answer of TCP: a relay that refuses the upgrade may still tell why it is there.
func whenReached(r *round) error {
	if reached(r.failure(document.Open)) {
		return nil
	}
	return errNotOpen
}

// whenSecure wants TLS on the clearnet. A certificate that fails is what the check is for.
func whenSecure(r *round) error {
	if !r.url.Secure() || r.url.Network() != relay.Clearnet {
		return errNotApplicable
	}
	return whenReached(r)
}

// whenNamed wants a name of the clearnet that open found and was free to dial: an overlay's name is none of DNS's business.
func whenNamed(r *round) error {
	if _, err := netip.ParseAddr(r.url.Host()); err == nil || r.url.Network() != relay.Clearnet {
		return errNotApplicable
	}
	if class, ok := classOf(r.failure(document.Open)); ok && slices.Contains(undialled, class) {
		return errNotOpen
	}
	return nil
}

// classOf is the class of a failure, if it is one of asking a relay.
func classOf(err error) (relay.Class, bool) {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return "", false
	}
	return e.Class, true
}

// undialled are the failures before anything was dialled.
var undialled = []relay.Class{relay.ClassDenied, relay.ClassNoProxy, relay.ClassReserved, relay.ClassBusy, relay.ClassDNS, relay.ClassCanceled}

// whenPublic wants an address of the clearnet.
func whenPublic(r *round) error {
	if r.url.Network() != relay.Clearnet {
		return errNotApplicable
	}
	if len(r.addresses()) == 0 {
		return errNotMeasured
	}
	return nil
}

// reached says whether a connection of TCP came about before what failed did.
func reached(err error) bool {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return err == nil
	}
	switch e.Class {
	case relay.ClassTLS, relay.ClassUpgrade:
		return true
	case relay.ClassTimeout:
		dial, ok := errors.AsType[*net.OpError](err)
		return !ok || dial.Op != "dial" && dial.Op != "socks connect"
	}
	return false
}
