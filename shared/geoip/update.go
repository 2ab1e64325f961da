package geoip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

const (
	// MaxAge is how old a file may get before Update fetches it again.
	MaxAge      = 30 * 24 * time.Hour
	maxDownload = 512 << 20 // bytes that are fetched
	maxSumFile  = 4 << 10
)

// Source is a database file and where it comes from.
type Source struct {
	Path string // where it is put
	URL  string // a database, as it is or within gzip, with or without tar; may hold a secret
	Sum  string // SHA-256 of what URL gives: 64 hex digits, or a URL of a text that begins with them; "" = https must do
	Kind string // what its type must contain: City, ASN
}

// Due says whether a file is missing or older than MaxAge.
func (s Source) Due(now time.Time) bool {
	info, err := os.Stat(s.Path)
	return err != nil || now.Sub(info.ModTime()) > MaxAge
}

// Update fetches a database and puts it into its place in one step, after its checksum, its structure and its type were
// found right. Until then the file before stays. The client is the guard against addresses that nobody should reach.
// Errors do not show the URL beyond its host.
func Update(ctx context.Context, client *http.Client, s Source) error {
	want, err := s.sum(ctx, client)
	if err != nil {
		return err
	}
	folder := filepath.Dir(s.Path)
	packed, err := os.CreateTemp(folder, ".geoip-*")
	if err != nil {
		return fmt.Errorf("make a file beside %s: %w", s.Path, err)
	}
	defer discard(packed)
	got, err := download(ctx, client, s.URL, packed)
	if err != nil {
		return err
	}
	if want != "" && got != want {
		return fmt.Errorf("check what came from %s: got SHA-256 %s, want %s", place(s.URL), got, want)
	}
	fresh, err := os.CreateTemp(folder, ".geoip-*")
	if err != nil {
		return fmt.Errorf("make a file beside %s: %w", s.Path, err)
	}
	defer discard(fresh)
	if err := unpack(packed, fresh); err != nil {
		return fmt.Errorf("unpack what came from %s: %w", place(s.URL), err)
	}
	return s.swap(fresh)
}

// swap checks a database and renames it to its place.
func (s Source) swap(fresh *os.File) error {
	if err := verify(fresh.Name(), s.Kind); err != nil {
		return err
	}
	if err := errors.Join(fresh.Chmod(0o644), fresh.Sync()); err != nil {
		return fmt.Errorf("write %s: %w", s.Path, err)
	}
	if err := os.Rename(fresh.Name(), s.Path); err != nil {
		return fmt.Errorf("put %s in place: %w", s.Path, err)
	}
	return nil
}

// verify walks the whole of a database.
func verify(path, kind string) error {
	reader, err := maxminddb.Open(path)
	if err != nil {
		return fmt.Errorf("open what was fetched: %w", err)
	}
	defer reader.Close()
	if !strings.Contains(reader.Metadata.DatabaseType, kind) {
		return fmt.Errorf("open what was fetched: got a database of type %.60q, want %s", reader.Metadata.DatabaseType, kind)
	}
	if err := reader.Verify(); err != nil {
		return fmt.Errorf("verify what was fetched: %w", err)
	}
	return nil
}

// discard removes a file; of one that was renamed there is nothing left to remove.
func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// sum returns the checksum that is wanted, "" = none.
func (s Source) sum(ctx context.Context, client *http.Client) (string, error) {
	if s.Sum == "" {
		if !strings.HasPrefix(s.URL, "https://") {
			return "", fmt.Errorf("fetch from %s: want https, or a checksum", place(s.URL))
		}
		return "", nil
	}
	text := s.Sum
	if strings.Contains(text, "://") {
		var body strings.Builder
		if err := fetch(ctx, client, s.Sum, maxSumFile, &body); err != nil {
			return "", err
		}
		text = body.String()
	}
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if b, err := hex.DecodeString(strings.ToLower(word)); err != nil || len(b) != sha256.Size {
		return "", fmt.Errorf("read the checksum: want 64 hex digits in front")
	}
	return strings.ToLower(word), nil
}

// download writes what is at an address into a file and returns its SHA-256.
func download(ctx context.Context, client *http.Client, from string, to *os.File) (string, error) {
	hash := sha256.New()
	if err := fetch(ctx, client, from, maxDownload, io.MultiWriter(to, hash)); err != nil {
		return "", err
	}
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func fetch(ctx context.Context, client *http.Client, from string, most int64, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return fmt.Errorf("fetch from %s: address is malformed", place(from))
	}
	resp, err := client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // which does not show the address
		}
		return fmt.Errorf("fetch from %s: %w", place(from), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch from %s: got status %d", place(from), resp.StatusCode)
	}
	n, err := io.Copy(to, io.LimitReader(resp.Body, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("got more than %d bytes", most)
	}
	if err != nil {
		return fmt.Errorf("fetch from %s: %w", place(from), err)
	}
	return nil
}

// place is the host of an address: the rest may be a licence key.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address without a host"
	}
	return u.Hostname()
}
