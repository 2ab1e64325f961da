package simrelay

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// BenchmarkServe is one relay answering pages of 500 to one client that only counts frames; ns/op is per event and
// includes the client.
func BenchmarkServe(b *testing.B) {
	w := GenerateWorld(WorldConfig{Seed: 1, Events: 5000})
	r := New("bench", Manners{}, w.Events)
	if err := r.Start(); err != nil {
		b.Fatal(err)
	}
	defer r.Stop()
	ws, _, err := websocket.Dial(context.Background(), r.URL(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	b.ResetTimer()
	n := 0
	for q := 0; n < b.N; q++ {
		until := w.Events[4999-(q%9)*500].CreatedAt
		n += page500(b, ws, fmt.Sprintf(`["REQ","s%d",{"until":%d,"limit":500}]`, q, until), fmt.Sprintf(`["CLOSE","s%d"]`, q))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(r.Ledger().Totals().Bytes)/float64(n), "B/event")
}

func page500(b *testing.B, ws *websocket.Conn, ask, end string) int {
	ctx := context.Background()
	if err := ws.Write(ctx, websocket.MessageText, []byte(ask)); err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	for n := 0; ; n++ {
		_, r, err := ws.Reader(ctx)
		if err != nil {
			b.Fatal(err)
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil {
			b.Fatal(err)
		}
		if bytes.HasPrefix(buf.Bytes(), []byte(`["EOSE"`)) {
			_ = ws.Write(ctx, websocket.MessageText, []byte(end))
			return n
		}
	}
}

// BenchmarkPage is finding a page of 500 among 100,000 events, without sending it.
func BenchmarkPage(b *testing.B) {
	s := newStore(TiesArbitrary)
	items := make([]*item, 100_000)
	for i := range items {
		items[i] = &item{}
		items[i].ev.CreatedAt = int64(i)
		items[i].ev.ID[0], items[i].ev.ID[1], items[i].ev.ID[2] = byte(i), byte(i>>8), byte(i>>16)
	}
	s.add(items)
	limit, until := 500, int64(50_000)
	c := &matcher{since: 0, until: until, limit: limit}
	for b.Loop() {
		if p := s.page([]*matcher{c}, &Manners{}, 0); len(p.items) != limit {
			b.Fatalf("got %d items, want %d", len(p.items), limit)
		}
	}
}

// BenchmarkGenerateWorld is the price of one really signed event on all cores.
func BenchmarkGenerateWorld(b *testing.B) {
	begin := time.Now()
	GenerateWorld(WorldConfig{Seed: 1, Events: max(b.N, 10)})
	b.ReportMetric(float64(b.N)/time.Since(begin).Seconds(), "events/s")
}
