package relay

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"
)

// textFrame is a message as a relay puts it on the wire.
func textFrame(message string) []byte {
	head := []byte{0x81, 126, 0, 0}
	if len(message) < 126 {
		return append([]byte{0x81, byte(len(message))}, message...)
	}
	binary.BigEndian.PutUint16(head[2:], uint16(len(message)))
	return append(head, message...)
}

// BenchmarkQueryFrames reads what a relay writes in large pieces, so that the frame itself is what costs.
func BenchmarkQueryFrames(b *testing.B) {
	event := textFrame(`["EVENT","b1",{"id":"` + strings.Repeat("a", 64) + `","content":"` + strings.Repeat("word ", 100) + `"}]`)
	const many = 100
	piece := bytes.Repeat(event, many)
	conn := connect(b, localDialer(), serveRaw(b, func(raw net.Conn) {
		_, _ = raw.Read(make([]byte, 4096)) // the REQ
		for left := b.N; left > 0; left -= many {
			if _, err := raw.Write(piece[:min(left, many)*len(event)]); err != nil {
				return
			}
		}
		_, _ = raw.Write(textFrame(`["EOSE","b1"]`))
		_, _ = raw.Read(make([]byte, 4096))
	}))
	b.ReportAllocs()
	b.ResetTimer()
	answer, err := conn.Query(b.Context(), Request{}, func([]byte) error { return nil })
	if err != nil || answer.Events != b.N {
		b.Fatalf("Query got %d events and %v, want %d", answer.Events, err, b.N)
	}
}

// BenchmarkQueryEmpty asks one small question after the other.
func BenchmarkQueryEmpty(b *testing.B) {
	conn := connect(b, localDialer(), serve(b, reply(`["EOSE","SUB"]`)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Query(b.Context(), Request{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
