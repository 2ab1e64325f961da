package main

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// errNotAgain says that what is in quarantine can be nothing that the writer would take.
var errNotAgain = errors.New("it is neither a signed event nor a batch")

// again makes of a row of quarantine what a worker would hand to the writer: of an event a page that proves nothing, or an
// import if nobody knows who served it; a batch goes as it is.
func again(q store.Quarantined) (onto string, batch *ingest.Batch, err error) {
	if e, err := event.Parse(q.Raw); err == nil {
		if !e.CheckSignature() {
			return "", nil, errNotAgain
		}
		onto, batch = eventAgain(&e, q)
		return onto, batch, nil
	}
	if batch, err := ingest.Decode(q.Raw); err == nil {
		return subject.IngestPages, batch, nil
	}
	batch = &ingest.Batch{}
	if proto.Unmarshal(q.Raw, batch) != nil || len(batch.ProtoReflect().GetUnknown()) > 0 || proto.Size(batch) == 0 {
		return "", nil, errNotAgain
	}
	batch.Version = ingest.Version
	return subject.IngestPages, batch, nil
}

func eventAgain(e *event.Event, q store.Quarantined) (string, *ingest.Batch) {
	wire := []*ingest.Event{{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt, Kind: uint32(e.Kind),
		Tags: e.Tags, Content: e.Content}}
	if q.Relay == "" {
		return subject.IngestImports, &ingest.Batch{Version: ingest.Version, Imports: []*ingest.Import{{Source: "quarantine",
			ReadAt: q.At.Unix(), Events: wire}}}
	}
	return subject.IngestPages, &ingest.Batch{Version: ingest.Version, Pages: []*ingest.Page{{Relay: q.Relay, Vantage: "quarantine",
		Filter: "{}", Since: 1, Parts: 1, SeenAt: q.At.Unix(), Events: wire}}}
}
