package simrelay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
)

// Crafted describes an event that is really signed although no honest program would make it: each part is JSON text, and
// what is signed and what is sent may differ. The author is the secret key 3.
type Crafted struct {
	CreatedAt, Kind string // 1700000000 and 1 if empty
	Tags, Content   string // as signed; [] and "" if empty
	SentTags        string // as sent; as signed if empty
	SentContent     string
	Extra           string // members put in front, with a trailing comma
}

// Raw signs the event. servedAt is the time under which a relay finds it.
func (c Crafted) Raw(servedAt int64) Raw {
	secret, public := btcec.PrivKeyFromBytes([]byte{3})
	author := hex.EncodeToString(schnorr.SerializePubKey(public))
	at, kind := cmp.Or(c.CreatedAt, "1700000000"), cmp.Or(c.Kind, "1")
	tags, content := cmp.Or(c.Tags, `[]`), cmp.Or(c.Content, `""`)
	id := sha256.Sum256(fmt.Appendf(nil, `[0,"%s",%s,%s,%s,%s]`, author, at, kind, tags, content))
	sig, err := schnorr.Sign(secret, id[:])
	if err != nil {
		panic(err) // the key is good and the hash has 32 bytes
	}
	var text strings.Builder
	fmt.Fprintf(&text, `{%s"id":"%x","pubkey":"%s","created_at":%s,"kind":%s,`, c.Extra, id, author, at, kind)
	fmt.Fprintf(&text, `"tags":%s,"content":%s,"sig":"%x"}`, cmp.Or(c.SentTags, tags), cmp.Or(c.SentContent, content), sig.Serialize())
	return Raw{ID: id, CreatedAt: servedAt, JSON: []byte(text.String())}
}
