package writer_test

import (
	"encoding/binary"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// TestRollingUpgrade writes what workers of three versions hand over, on a schema that is one migration ahead, with two
// writers: the one before and ours are written, the newer one waits as it is, and nothing is given up.
func TestRollingUpgrade(t *testing.T) {
	p := newPlace(t)
	p.exec(`ALTER TABLE event ADD COLUMN next_version integer NOT NULL DEFAULT 0;
		ALTER TABLE sighting ADD COLUMN next_version integer; CREATE TABLE next_version (n integer);
		ALTER TABLE relay_check ADD COLUMN next_version text; CREATE INDEX next_version_kind ON event (kind, id)`)
	metrics, stop := p.start()
	p.start()
	events := makeEvents(300)
	newer := 0
	for i, e := range events {
		version := ingest.Version - 1 + uint32(i%3)
		if version > ingest.Version {
			newer++
		}
		p.sendAs(version, pageOf(relayA, e))
	}
	p.eventually("messages left in INGEST", func() int64 { return int64(p.streams.Count(subject.StreamIngest)) }, int64(newer))
	p.expectRows("SELECT count(*) FROM event", int64(len(events)-newer))
	p.expectRows("SELECT count(*) FROM quarantine", 0)
	if got := p.streams.Count(subject.StreamDead); got != 0 {
		t.Errorf("messages on DEAD: got %d, want none", got)
	}
	if now := countNow(t); now["bigbrotr_writer_batches_total{newer}"]-metrics["bigbrotr_writer_batches_total{newer}"] < float64(newer) {
		t.Errorf("batches counted as newer: got %v, want at least %d", now["bigbrotr_writer_batches_total{newer}"], newer)
	}

	stop() // and what waits is as it was sent
	for _, m := range p.streams.Messages(subject.StreamIngest) {
		if m.Subject != subject.IngestPages || len(m.Body) < 100 {
			t.Errorf("a batch that waits: got %d bytes on %s, want its page", len(m.Body), m.Subject)
		}
	}
}

// sendAs hands a batch over as a worker of another version does.
func (p *place) sendAs(version uint32, batch *ingest.Batch) {
	p.t.Helper()
	batch.Version = version
	plain, err := proto.Marshal(batch)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.bus.Publish(p.t.Context(), bus.Message{Subject: subject.IngestPages, Body: stored(plain)}); err != nil {
		p.t.Fatal(err)
	}
}

// stored is a zstd frame of one block that is not compressed.
func stored(plain []byte) []byte {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0} // magic; one segment, four bytes of size
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(plain)))
	block := uint32(len(plain))<<3 | 1 // raw, the last one
	return append(append(frame, byte(block), byte(block>>8), byte(block>>16)), plain...)
}
