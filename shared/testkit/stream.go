package testkit

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// Streams looks into the streams of a server and breaks them on purpose, which a bus does not offer.
type Streams struct {
	t    testing.TB
	conn *nats.Conn
	js   jetstream.JetStream
}

// OpenStreams connects to the server of NATSURL.
func OpenStreams(t testing.TB, url string) *Streams {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &Streams{t, conn, js}
}

// Messages returns what a stream holds, oldest first.
func (s *Streams) Messages(name string) (messages []bus.Message) {
	s.t.Helper()
	stream, state := s.state(name)
	for seq := state.FirstSeq; seq > 0 && seq <= state.LastSeq; seq++ {
		raw, err := stream.GetMsg(s.t.Context(), seq)
		if err != nil {
			continue // it was removed
		}
		m := bus.Message{Subject: raw.Subject, Body: raw.Data, Header: map[string]string{}}
		for key := range raw.Header {
			m.Header[key] = raw.Header.Get(key)
		}
		messages = append(messages, m)
	}
	return messages
}

// Count returns how many messages a stream holds.
func (s *Streams) Count(name string) uint64 {
	s.t.Helper()
	_, state := s.state(name)
	return state.Msgs
}

func (s *Streams) state(name string) (jetstream.Stream, jetstream.StreamState) {
	s.t.Helper()
	stream, err := s.js.Stream(s.t.Context(), name)
	if err != nil {
		s.t.Fatalf("look up %s: %v", name, err)
	}
	return stream, stream.CachedInfo().State
}

// Delete removes a stream.
func (s *Streams) Delete(name string) {
	s.t.Helper()
	if err := s.js.DeleteStream(s.t.Context(), name); err != nil {
		s.t.Fatalf("delete %s: %v", name, err)
	}
}

// Move makes a consumer believe that everything before a sequence is done, as a crash of the server can.
func (s *Streams) Move(stream, consumer string, seq uint64) {
	s.t.Helper()
	reply, err := s.conn.RequestWithContext(s.t.Context(), fmt.Sprintf("$JS.API.CONSUMER.RESET.%s.%s", stream, consumer),
		fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		s.t.Fatalf("move %s: %v", consumer, err)
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil || answer.Error != nil {
		s.t.Fatalf("move %s: got %s", consumer, reply.Data)
	}
}

// DeleteConsumer removes a consumer.
func (s *Streams) DeleteConsumer(stream, consumer string) {
	s.t.Helper()
	if err := s.js.DeleteConsumer(s.t.Context(), stream, consumer); err != nil {
		s.t.Fatalf("delete %s: %v", consumer, err)
	}
}

// HasConsumer says whether a consumer is there.
func (s *Streams) HasConsumer(stream, consumer string) bool {
	s.t.Helper()
	_, err := s.js.Consumer(s.t.Context(), stream, consumer)
	return err == nil
}
