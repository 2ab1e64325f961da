package monitor

import (
	"context"
	"errors"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// auth says what the relay wants to know of who we are (NIP-42): a challenge that came while it was asked other things,
// and requests that it refuses without an answer. Only where MONITOR_LOGIN says so is one given, after everything that a
// stranger may ask has been asked, and the connection ends with it.
func auth(ctx context.Context, r *round) Result {
	finding := document.Login{
		Challenge: r.asked(), ToRead: wantsAuth(r.failure(document.Read)), ToWrite: wantsAuth(r.failure(document.Write)),
	}
	if r.cfg.Login && finding.Challenge {
		finding.Login, finding.Serves = r.login(ctx)
		r.hangUp()
	}
	return Result{}.bring(document.Auth, finding)
}

// wantsAuth says whether something was refused to somebody who did not sign in.
func wantsAuth(err error) bool {
	if r, ok := errors.AsType[*rejection](err); ok {
		return r.verdict.Prefix == "auth-required"
	}
	e, ok := errors.AsType[*relay.Error](err)
	return ok && (e.Class == relay.ClassAuth || e.Prefix == "auth-required")
}

// login signs in, on a new connection if the last was hung up, and asks for one event.
func (r *round) login(ctx context.Context) (outcome string, serves bool) {
	conn, err := r.connect(ctx)
	if err != nil {
		return document.LoginFailed, false
	}
	one := 1
	request := relay.Request{Filter: event.Filter{Limit: &one}, Idle: r.timeout, MaxEvents: maxUnasked}
	ask := func() error {
		_, err := conn.Query(ctx, request, func([]byte) error { return nil })
		return err
	}
	_ = ask() // some challenge only who is refused
	ok, err := conn.Login(ctx, r.key)
	switch {
	case err != nil:
		return document.LoginFailed, false
	case !ok.Accepted:
		return document.LoginRefused, false
	}
	return document.LoginAccepted, ask() == nil
}
