package synchronizer

import (
	"context"
	"errors"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// logIn answers the relay's challenge (NIP-42). A key that is not let in is a refusal.
func (a *asker) logIn(ctx context.Context) error {
	ok, err := a.conn.Login(ctx, *a.key)
	if err != nil {
		return err
	}
	if a.loggedIn = ok.Accepted; !ok.Accepted {
		return &relay.Error{Class: relay.ClassClosed, Prefix: restricted, Text: ok.Text}
	}
	return nil
}

// askedFor says what the relay has made of NIP-42 so far.
func (a *asker) askedFor() string {
	if a.auth == "" && a.conn != nil && a.conn.Challenge() != "" {
		return authOffered
	}
	return a.auth
}

// wantsKey says whether a refusal asks who we are.
func wantsKey(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && failure.Class == relay.ClassClosed && failure.Prefix == "auth-required"
}
