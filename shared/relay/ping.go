package relay

import "context"

// Ping sends a WebSocket ping and waits for its pong, 30 s of reading at most, after which the connection is closed.
// Errors are *Error. The end of ctx ends the wait alone.
func (c *Conn) Ping(ctx context.Context) error {
	q := &question{idle: defaultIdle} // so that the connection is read
	if err := c.begin(context.Background(), q); err != nil {
		return err
	}
	defer q.finish()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	err := c.ws.Ping(ctx)
	if err == nil {
		return nil
	}
	if broken := c.Err(); broken != nil {
		return broken
	}
	return readError(err)
}
