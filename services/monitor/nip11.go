package monitor

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// nip11 fetches the information document and brings it home byte for byte: what a reader makes of its fields may change,
// what the relay said may not.
func nip11(ctx context.Context, r *round) Result {
	start := time.Now()
	info, err := r.dialer.Info(ctx, r.url)
	if err != nil {
		return Result{Err: err}
	}
	return Result{RTT: time.Since(start), Document: newDocument("nip11", info.Raw)}
}

// newDocument names a document by its content.
func newDocument(kind string, body []byte) *ingest.Document {
	sum := sha256.Sum256(body)
	return &ingest.Document{Type: kind, Sha256: sum[:], Body: body}
}
