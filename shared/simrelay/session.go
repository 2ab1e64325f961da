package simrelay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
	"github.com/coder/websocket"
)

var errDropped = errors.New("connection dropped on purpose")

// session is one WebSocket connection. Its reader runs in the HTTP handler, every subscription in its own goroutine.
type session struct {
	relay  *Relay
	ledger *Ledger
	id     int
	ws     *websocket.Conn
	wire   *wire
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	rate   window

	mu        sync.Mutex
	subs      map[string]*subscription
	used      map[string]struct{}
	challenge string
	authed    bool
	requests  int

	size int                           // of the message that is handled
	negs map[string]*negentropy.Server // open reconciliations; only the reader uses them
}

func newSession(r *Relay, ctx context.Context, ws *websocket.Conn, w *wire) *session {
	s := &session{relay: r, ledger: r.ledger, ws: ws, wire: w, subs: map[string]*subscription{}, used: map[string]struct{}{},
		negs: map[string]*negentropy.Server{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.rate = window{most: r.manners.RateLimitAfter, period: r.manners.RateWindow}
	ws.SetReadLimit(maxMessage)
	return s
}

// run reads until the client leaves, the relay stops, or a manner cuts the connection.
func (s *session) run() {
	s.id = s.ledger.opened()
	if s.relay.manners.AuthOnConnect {
		s.challengeClient()
	}
	var buf bytes.Buffer
	for s.read(&buf) == nil && s.handle(buf.Bytes()) == nil {
	}
	s.cancel()
	_ = s.wire.Close() // also wakes a writer that a silent client blocks
	s.done.Wait()
	_ = s.ws.CloseNow()
	s.ledger.count(func(t *Totals) { t.Open-- })
}

// read must use a context without Done: a cancelled one would close the socket under the writers.
func (s *session) read(buf *bytes.Buffer) error {
	_, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return err
	}
	buf.Reset()
	_, err = buf.ReadFrom(r)
	return err
}

// verbs are the client messages of NIP-01, NIP-42, NIP-45 and NIP-77. An error ends the connection.
var verbs map[string]func(*session, []json.RawMessage) error

func init() {
	verbs = map[string]func(*session, []json.RawMessage) error{
		"REQ": (*session).handleReq, "CLOSE": (*session).handleClose, "EVENT": (*session).handleEvent,
		"AUTH": (*session).handleAuth, "COUNT": (*session).handleCount,
		"NEG-OPEN": neg((*session).handleNegOpen), "NEG-MSG": neg((*session).handleNegMsg), "NEG-CLOSE": neg((*session).handleNegClose),
	}
}

func (s *session) handle(message []byte) error {
	s.size = len(message)
	s.ledger.count(func(t *Totals) { t.BytesIn += int64(s.size) })
	if most := s.relay.manners.MaxMessage; most > 0 && s.size > most {
		s.ledger.fired(FaultMaxMessage)
		return s.notice("ERROR: message too large")
	}
	var parts []json.RawMessage
	var verb string
	if json.Unmarshal(message, &parts) != nil || len(parts) == 0 || json.Unmarshal(parts[0], &verb) != nil {
		return s.notice("error: could not parse message")
	}
	do, ok := verbs[verb]
	if !ok || len(parts) < 2 {
		return s.notice("error: unknown message")
	}
	return do(s, parts[1:])
}

func (s *session) notice(text string) error { return s.send("NOTICE", text) }

// send writes one frame built from plain values.
func (s *session) send(parts ...any) error {
	frame, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	return s.write(frame)
}

// write must use a context without Done, for the reason read gives.
func (s *session) write(frame []byte) error {
	if s.relay.manners.NewlineFrames {
		frame = append(frame, '\n')
	}
	s.ledger.count(func(t *Totals) { t.Frames++; t.Bytes += int64(len(frame)) })
	return s.ws.Write(context.Background(), websocket.MessageText, frame)
}

// drop flushes what was written and cuts TCP without a closing handshake.
func (s *session) drop() error {
	s.ledger.fired(FaultDropped)
	s.wire.cork()
	s.wire.uncork()
	_ = s.wire.Close()
	return errDropped
}
