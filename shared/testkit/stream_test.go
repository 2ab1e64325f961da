package testkit

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

func TestMain(m *testing.M) { Main(m) }

func TestMoveStrandsMessagesAndOvertakesTheStream(t *testing.T) {
	url := NATSURL(t)
	b, s := Connect(t, url), OpenStreams(t, url)
	for i := range 3 {
		if err := b.Ingest(t.Context(), subject.IngestPages, &ingest.Batch{Candidates: []*ingest.Candidate{{FoundAt: int64(i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	s.Move(subject.StreamIngest, subject.ConsumerWriter, 3)
	stranded, err := b.Stranded(t.Context(), subject.ConsumerWriter, 10)
	if err != nil || len(stranded) != 2 || stranded[1].Seq != 2 {
		t.Fatalf("Stranded: got %d messages, %v, want the first two", len(stranded), err)
	}
	if err := b.Remove(t.Context(), subject.ConsumerWriter, stranded[0]); err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(t.Context(), subject.ConsumerWriter, stranded[0]); err != nil {
		t.Errorf("Remove of a removed message: got %v, want nil", err)
	}
	if stranded, err = b.Stranded(t.Context(), subject.ConsumerWriter, 10); err != nil || len(stranded) != 1 {
		t.Errorf("Stranded after Remove: got %d messages, %v, want one", len(stranded), err)
	}
	if upTo, err := b.Repair(t.Context(), subject.ConsumerWriter); err != nil || upTo != 0 {
		t.Errorf("Repair of a sound consumer: got %d, %v, want 0", upTo, err)
	}
	s.Move(subject.StreamIngest, subject.ConsumerWriter, 100)
	if upTo, err := b.Repair(t.Context(), subject.ConsumerWriter); err != nil || upTo != 3 {
		t.Errorf("Repair of a consumer ahead of its stream: got %d, %v, want 3", upTo, err)
	}
	if stranded, err = b.Stranded(t.Context(), subject.ConsumerWriter, 10); err != nil || len(stranded) != 0 {
		t.Errorf("Stranded after Repair: got %d messages, %v, want none", len(stranded), err)
	}
}
