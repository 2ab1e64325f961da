package monitor

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxHeader is how many bytes of a header are kept.
const maxHeader = 128

// headers says what the answer to the upgrade tells of the server, also one that refused it. It asks nothing: open has the answer.
func headers(_ context.Context, r *round) Result {
	return Result{}.bring(document.HTTP, document.Headers{
		Server: relay.Tidy(r.header.Get("Server"), maxHeader), PoweredBy: relay.Tidy(r.header.Get("X-Powered-By"), maxHeader),
	})
}
