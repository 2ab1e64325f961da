package monitor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// nip11 fetches the information document and brings it home byte for byte: what a reader makes of its fields may change,
// what the relay said may not. How the relay answered and our reading are a document of their own, also where no
// information document came of it.
func nip11(ctx context.Context, r *round) Result {
	start := time.Now()
	info, err := r.dialer.Info(ctx, r.url)
	if info.Status == 0 {
		return Result{Err: err}
	}
	answer := document.InfoAnswer{
		Status: info.Status, ContentType: info.ContentType, CORS: info.CORS, Redirected: info.Redirected, Bytes: len(info.Raw),
	}
	if err != nil {
		answer.Fault = infoFault(info, err)
		return Result{Err: err}.bring(document.Answer, answer)
	}
	answer.Claims, r.claims = &info.Claims, &info.Claims
	result := Result{RTT: time.Since(start), Documents: []*ingest.Document{document.Message(document.NIP11, info.Raw)}}
	return result.figure(int64(len(info.Raw))).bring(document.Answer, answer)
}

// infoFault says what is wrong with an answer; "" where it was cut short, which says nothing of the document.
func infoFault(info relay.Info, err error) string {
	if info.Status != http.StatusOK {
		return document.FaultStatus
	}
	switch e, _ := errors.AsType[*relay.Error](err); {
	case e == nil:
	case e.Class == relay.ClassTooLarge:
		return document.FaultTooLarge
	case e.Class == relay.ClassMalformed:
		return document.FaultNotJSON
	}
	return ""
}
