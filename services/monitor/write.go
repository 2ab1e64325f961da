package monitor

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// kindProbe is ephemeral (NIP-01) and assigned to nothing: relays show it to whoever listens and keep nothing.
const kindProbe = 22456

// probeLife is when a relay that keeps the probe all the same may drop it (NIP-40).
const probeLife = time.Minute

// write publishes one ephemeral event. OK true is all that can be asked: conforming relays do not store it, so nothing
// is read back. A relay that wants a proof of work gets one within our bounds. Its time is NIP-66's rtt-write.
func write(ctx context.Context, r *round) Result {
	var finding document.Writing
	ok, took, err := r.offer(ctx, 0)
	if err == nil && !ok.Accepted && ok.Prefix == "pow" {
		finding.Requirement, finding.Bits = document.NeedsWork, demanded(r.claims, ok.Text)
		if 0 < finding.Bits && finding.Bits <= r.cfg.MaxPow {
			ok, took, err = r.offer(ctx, finding.Bits)
		}
	}
	switch {
	case err != nil:
		r.hangUp()
		return Result{Err: err}
	case !ok.Accepted:
		finding.Requirement = requirement(ok.Prefix, r.claims)
		return Result{Err: &rejection{ok}}.bring(document.Write, finding)
	}
	finding.Accepted = true
	return Result{RTT: took}.figure(int64(finding.Bits)).bring(document.Write, finding)
}

// offer publishes a probe with so many bits of work. A proof that is not found in time is the refusal that it was.
func (r *round) offer(ctx context.Context, bits int) (ok relay.OK, took time.Duration, err error) {
	probe, err := r.probe(ctx, bits)
	if err != nil {
		return relay.OK{Prefix: "pow"}, 0, nil
	}
	conn, err := r.connect(ctx)
	if err != nil {
		return relay.OK{}, 0, err
	}
	start := time.Now()
	ok, err = conn.Publish(ctx, probe)
	return ok, time.Since(start), err
}

func (r *round) probe(ctx context.Context, bits int) (event.Event, error) {
	now := time.Now()
	tags := [][]string{{"expiration", strconv.FormatInt(now.Add(probeLife).Unix(), 10)}}
	if bits == 0 {
		return r.key.Sign(now.Unix(), kindProbe, tags, ""), nil
	}
	return r.key.SignWithWork(ctx, now.Unix(), kindProbe, tags, "", bits, maxWork)
}

// maxWork is how long a proof of work may take, on one core.
const maxWork = 2 * time.Second

// maxBits is the most that an id can show.
const maxBits = 256

// demanded is the proof of work that a relay wants: the largest number in its refusal, such as "difficulty 8 is less than
// 20", or what its document says; 0 = it does not say.
func demanded(claims *relay.Claims, refusal string) int {
	bits := 0
	if claims != nil && claims.MinPowDifficulty <= maxBits {
		bits = claims.MinPowDifficulty
	}
	for _, word := range strings.FieldsFunc(refusal, func(c rune) bool { return c < '0' || c > '9' }) {
		if n, err := strconv.Atoi(word); err == nil && n <= maxBits {
			bits = max(bits, n)
		}
	}
	return bits
}

// requirement is what a refusal asks for. Its machine-readable prefix decides, and of a restriction the relay's own
// document whether it is about money; the words behind it may say anything.
func requirement(prefix string, claims *relay.Claims) string {
	switch prefix {
	case "auth-required":
		return document.NeedsAuth
	case "pow":
		return document.NeedsWork
	case "payment-required":
		return document.NeedsPayment
	case "restricted":
		if claims != nil && claims.PaymentRequired {
			return document.NeedsPayment
		}
		return document.NeedsPermission
	case "blocked", "mute", "shadowbanned":
		return document.RefusesUs
	case "rate-limited":
		return document.RefusesNow
	case "invalid", "unsupported":
		return document.RefusesKind
	}
	return document.RefusesOtherly
}

// rejection is an OK with false.
type rejection struct{ verdict relay.OK }

func (r *rejection) Error() string { return "the relay rejected the event: " + r.reason() }

// reason is the machine-readable prefix, of the set that package relay knows, or "rejected".
func (r *rejection) reason() string {
	if r.verdict.Prefix == "" {
		return "rejected"
	}
	return strings.ReplaceAll(r.verdict.Prefix, "-", "_")
}
