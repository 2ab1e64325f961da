package geoip

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	lookEvery = 30 * time.Second // between two looks at whether a file was replaced
	maxFile   = 1 << 30          // bytes of a database
)

// file is a database that may be replaced at any time.
type file struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	looked time.Time
	seen   stamp // of the last try to read it
	said   string
	reader *maxminddb.Reader // the last good one, nil = none
}

// stamp tells two versions of a file apart; the zero stamp is that of no file.
type stamp struct {
	size     int64
	modified time.Time
}

// lookup decodes what the database says of an address into record and returns the prefix that it says it of.
func (f *file) lookup(addr netip.Addr, record any) (netip.Prefix, error) {
	reader := f.open(time.Now())
	if reader == nil {
		return netip.Prefix{}, ErrNotMeasured
	}
	result := reader.Lookup(addr)
	if err := result.Decode(record); err != nil {
		return netip.Prefix{}, fmt.Errorf("look %s up: %w", addr, err)
	}
	if !result.Found() {
		return netip.Prefix{}, ErrUnknown
	}
	return result.Prefix(), nil
}

// open returns the newest version that could be read, nil = none.
func (f *file) open(now time.Time) *maxminddb.Reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || !f.looked.IsZero() && now.Sub(f.looked) < lookEvery {
		return f.reader
	}
	f.looked = now
	info, err := os.Stat(f.path)
	if err == nil && f.seen == stampOf(info) {
		return f.reader
	}
	var reader *maxminddb.Reader
	if err == nil {
		f.seen = stampOf(info)
		reader, err = read(f.path)
	}
	if err != nil {
		f.say("GeoIP database could not be read; the one before stays in use, if there was one", err)
		return f.reader
	}
	f.reader = reader
	f.say("GeoIP database was loaded", nil)
	return reader
}

// say logs what became of the file, once for as long as it stays so.
func (f *file) say(what string, err error) {
	text := fmt.Sprint(what, err, f.seen)
	if text == f.said {
		return
	}
	f.said = text
	if err != nil {
		f.log.Warn(what, app.File, f.path, app.Err, err)
		return
	}
	f.log.Info(what, app.File, f.path)
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.Size(), info.ModTime()} }

func read(path string) (*maxminddb.Reader, error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	body, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxFile {
		return nil, fmt.Errorf("read %s: got more than %d bytes", path, maxFile)
	}
	return maxminddb.OpenBytes(body)
}
