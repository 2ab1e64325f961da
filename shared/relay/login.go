package relay

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const (
	kindAuth      = 22242
	challengeWait = 5 * time.Second
)

// Login answers the last challenge (NIP-42) with an event signed by key, which says the URL that was dialled and no other,
// so a relay cannot use it elsewhere. If no challenge has come yet it waits for one, 5 s at most, and is ClassAuth without
// one. A refusal is an OK, not an error, as with Publish.
func (c *Conn) Login(ctx context.Context, key event.Key) (OK, error) {
	challenge, err := c.awaitChallenge(ctx)
	if err != nil {
		return OK{}, err
	}
	tags := [][]string{{"relay", string(c.url)}, {"challenge", challenge}}
	e := key.Sign(time.Now().Unix(), kindAuth, tags, "")
	return c.submit(ctx, "AUTH", &e)
}

// awaitChallenge reads until there is a challenge. Giving up leaves the connection as it is: nothing was asked.
func (c *Conn) awaitChallenge(ctx context.Context) (string, error) {
	q := &question{hears: func(*Frame) bool { return c.challenge != "" }}
	if err := c.begin(context.Background(), q); err != nil {
		return "", err
	}
	defer q.finish()
	if challenge := c.Challenge(); challenge != "" {
		return challenge, nil
	}
	timer := time.NewTimer(challengeWait)
	defer timer.Stop()
	select {
	case <-q.done:
		return c.Challenge(), q.err
	case <-ctx.Done():
		return "", readError(ctx.Err())
	case <-timer.C:
		return "", &Error{Class: ClassAuth, Err: context.DeadlineExceeded}
	}
}

// PublishAs is Publish, and once more after logging in with key where the relay demands that. Without a key, or when the
// login is refused, the relay's first verdict stands.
func (c *Conn) PublishAs(ctx context.Context, e event.Event, key *event.Key) (OK, error) {
	ok, err := c.Publish(ctx, e)
	if err != nil || ok.Accepted || ok.Prefix != "auth-required" || key == nil {
		return ok, err
	}
	login, err := c.Login(ctx, *key)
	if failed, is := errors.AsType[*Error](err); is && failed.Class == ClassAuth {
		return ok, nil // no challenge came
	}
	if err != nil || !login.Accepted {
		return ok, err
	}
	return c.Publish(ctx, e)
}
