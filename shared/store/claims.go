package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	// claimsAtOnce is how many documents one transaction reads; each has up to 128 KiB.
	claimsAtOnce = 200
	maxSoftware  = 256
	maxVersion   = 128
	maxNIP       = 1<<15 - 1
)

// ReadClaims reads NIP-11 documents that changed since they were read last, and keeps what statistics need of them. When it
// read none there is none left. A document may hold anything: it is read as tolerantly as the monitor does, numbers outside
// of their bounds are left out, texts are cut. Needs the role of the refresher.
func (s *Store) ReadClaims(ctx context.Context) (read int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		rows, err := a.unreadClaims(ctx)
		if read = len(rows.relays); err != nil || read == 0 {
			return err
		}
		return a.exec(ctx, "put_claims", rows.relays, rows.documents, rows.software, rows.versions, rows.nips)
	})
	return read, err
}

// claimRows are the columns of relay_claim.
type claimRows struct {
	relays                   []int32
	documents                []int64
	software, versions, nips []string
}

func (a *apply) unreadClaims(ctx context.Context) (rows claimRows, err error) {
	var no int32
	var document int64
	var body []byte
	err = a.query(ctx, "unread_documents", []any{&no, &document, &body}, func() {
		info, _ := relay.ParseInfo(body) // what is no document claims nothing
		rows.relays, rows.documents = append(rows.relays, no), append(rows.documents, document)
		rows.software = append(rows.software, short(plain(info.Software), maxSoftware))
		rows.versions = append(rows.versions, short(plain(info.Version), maxVersion))
		rows.nips = append(rows.nips, nipsOf(info.SupportedNIPs))
	}, claimsAtOnce)
	return rows, err
}

// nipsOf is a JSON array of those that can be a NIP, sorted, each once.
func nipsOf(claimed []int) string {
	nips := []int{}
	for _, nip := range claimed {
		if nip >= 0 && nip <= maxNIP {
			nips = append(nips, nip)
		}
	}
	slices.Sort(nips)
	text, err := json.Marshal(slices.Compact(nips))
	if err != nil {
		return "[]" // numbers always encode
	}
	return string(text)
}
