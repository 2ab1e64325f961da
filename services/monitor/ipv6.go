package monitor

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	sixPatience = 5 * time.Second // for TCP; a client that tries IPv6 first has long gone on by then
	sixProof    = 2 * time.Hour   // that a connection shows our IPv6 to work: longer than it takes to find a relay down
	sixInARow   = 5               // failures in a row are ours
)

// sixWorks is what we know of IPv6 here. A relay is blamed only while others were reached over it.
type sixWorks struct {
	mu     sync.Mutex
	at     time.Time // of the last connection
	failed int       // in a row since then
}

func (s *sixWorks) reached(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.failed = now, 0
}

// blames says whether a failure is the relay's.
func (s *sixWorks) blames(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed++
	return !s.at.IsZero() && now.Sub(s.at) < sixProof && s.failed <= sixInARow
}

// ipv6 says whether the relay takes a connection of TCP at its IPv6 addresses. Where open went there, nothing is dialled.
func ipv6(ctx context.Context, r *round) Result {
	six := r.sixes()
	proof := &r.six.public
	if relay.Reserved(six[0]) {
		proof = &r.six.private // one's own network says nothing of the way to others
	}
	took := r.timings.TCP
	if !r.remote.Is6() {
		var err error
		if took, err = r.dialer.Reach(ctx, r.url, six); err != nil {
			return Result{Err: proof.judge(err)}
		}
	}
	proof.reached(time.Now())
	return Result{RTT: took}
}

// judge returns the failure, or errNoSix where it may be ours. What never was dialled shows nothing.
func (s *sixWorks) judge(err error) error {
	if class, ok := classOf(err); ok && slices.Contains(undialled, class) {
		return err
	}
	if s.blames(time.Now()) {
		return err
	}
	return errNoSix
}

// sixes are the IPv6 addresses of the relay, as DNS or its URL has them.
func (r *round) sixes() (six []netip.Addr) {
	for _, addr := range r.addresses() {
		if addr.Is6() {
			six = append(six, addr)
		}
	}
	return six
}

// whenSix wants a relay of the clearnet with an IPv6 address. One that did not open is only asked there if it has no other.
func whenSix(r *round) error {
	if r.url.Network() != relay.Clearnet {
		return errNotApplicable
	}
	if class, ok := classOf(r.failure(document.Open)); ok && slices.Contains(undialled, class) {
		return errNotOpen
	}
	opened, six, all := r.failure(document.Open) == nil, r.sixes(), r.addresses()
	switch {
	case len(all) == 0 && opened:
		return errNotMeasured
	case len(all) > 0 && len(six) == 0:
		return errNotApplicable
	case !opened && len(six) < max(len(all), 1):
		return errNotOpen
	}
	return nil
}
