package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2/schnorr"
)

// testKey is the secret key 3, whose signatures are the same in every run of a test up to their randomness.
var testKey = func() Key {
	key, err := ParseKey(strings.Repeat("0", 63) + "3")
	if err != nil {
		panic(err)
	}
	return key
}()

// made describes an event in which what is hashed and what is sent differ at will.
type made struct {
	hashedTags, hashedContent string
	sentTags, sentContent     string // as hashed if empty
	createdAt, kind           string // 1700000000 and 1 if empty
	extra                     string // members put in front, with a trailing comma
}

// json signs over what is hashed and writes what is sent.
func (m made) json() string {
	m.createdAt, m.kind = or(m.createdAt, "1700000000"), or(m.kind, "1")
	m.hashedTags, m.hashedContent = or(m.hashedTags, `[]`), or(m.hashedContent, `""`)
	m.sentTags, m.sentContent = or(m.sentTags, m.hashedTags), or(m.sentContent, m.hashedContent)
	preimage := fmt.Sprintf(`[0,"%s",%s,%s,%s,%s]`, testKey.PubKey(), m.createdAt, m.kind, m.hashedTags, m.hashedContent)
	id := sha256.Sum256([]byte(preimage))
	sig, err := schnorr.Sign(testKey.secret, id[:])
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{%s"id":"%x","pubkey":"%s","created_at":%s,"kind":%s,"tags":%s,"content":%s,"sig":"%s"}`, m.extra, id,
		testKey.PubKey(), m.createdAt, m.kind, m.sentTags, m.sentContent, hex.EncodeToString(sig.Serialize()))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// dataFile reads a file of the optional test data, which lies beside the repository. Without it ok is false, and the log
// says what was not run.
func dataFile(t testing.TB, name string) (data []byte, ok bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Logf("not run: %s is not there", name)
		return nil, false
	}
	return data, true
}

// lines splits a file into its lines, without empty ones.
func lines(data []byte) []string {
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}

// reasonOf returns the reason of an error, and "ok" for none.
func reasonOf(err error) Reason {
	if err == nil {
		return "ok"
	}
	return err.(*Error).Reason
}

// hashOf returns the id that the signed texts of an event give.
func hashOf(e *Event) ID {
	preimage := e.appendHead(nil)
	preimage = append(append(preimage, e.Tags...), ',')
	preimage = append(append(preimage, e.Content...), ']')
	return sha256.Sum256(preimage)
}
