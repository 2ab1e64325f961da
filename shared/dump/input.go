package dump

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// identityBytes are read at both ends of a file to tell it from another one of its size.
	identityBytes = 64 << 10
	// maxWindow bounds what a zstd file may make us remember; `zstd --long` asks for 128 MiB.
	maxWindow = 128 << 20

	readBuffer = 256 << 10
)

// Input is a file that is read from its beginning to its end, whatever it is packed in.
type Input struct {
	Name     string
	Identity string    // hex; empty = it cannot be read again, as a pipe cannot
	Size     int64     // bytes on disk, 0 = unknown
	Changed  time.Time // when it was written last; of a pipe it is now

	file  *os.File // nil = a pipe
	plain bool     // not packed
	r     io.Reader
	taken atomic.Int64 // bytes taken off the disk
	close func()
}

// Open opens a file; "-" is the pipe that is given. Whether it is gzip, zstd or neither is seen from its first bytes.
func Open(path string, pipe io.Reader) (*Input, error) {
	in := &Input{Name: path, Changed: time.Now(), close: func() {}}
	source := pipe
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open input: %w", err)
		}
		in.file, source = file, file
		if err := in.identify(); err != nil {
			in.Close()
			return nil, err
		}
	}
	if err := in.unpack(source); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// identify reads both ends of a regular file. A named pipe or a device has no identity.
func (in *Input) identify() error {
	info, err := in.file.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", in.Name, err)
	}
	if info.IsDir() {
		return fmt.Errorf("open %s: it is a directory", in.Name)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	in.Size, in.Changed = info.Size(), info.ModTime()
	sum := sha256.New()
	fmt.Fprintln(sum, in.Size)
	for _, from := range []int64{0, max(0, in.Size-identityBytes)} {
		if _, err := io.Copy(sum, io.NewSectionReader(in.file, from, identityBytes)); err != nil {
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
	}
	in.Identity = hex.EncodeToString(sum.Sum(nil)[:16])
	return nil
}

// unpack puts the reader of the right packing over the source.
func (in *Input) unpack(source io.Reader) error {
	raw := bufio.NewReaderSize(&meter{source, &in.taken}, readBuffer)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", in.Name, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		r, err := gzip.NewReader(raw)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", in.Name, err)
		}
		in.r, in.close = r, func() { _ = r.Close() } // nothing of it is on disk
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18}):
		r, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("unpack %s: %w", in.Name, err)
		}
		in.r, in.close = r, r.Close
	default:
		in.r, in.plain = raw, true
	}
	return nil
}

// Read returns unpacked bytes.
func (in *Input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, fmt.Errorf("read %s: its packing ends in the middle, so it was cut short; get the whole file: %w", in.Name, err)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("read %s: %w", in.Name, err)
	}
	return n, err
}

// Skip passes over unpacked bytes. It comes before the first Read. What is packed has to be unpacked for it.
func (in *Input) Skip(n int64) error {
	if in.plain && in.file != nil && in.Size > 0 {
		if _, err := in.file.Seek(n, io.SeekStart); err != nil {
			return fmt.Errorf("skip %d bytes of %s: %w", n, in.Name, err)
		}
		in.taken.Store(n)
		in.r = bufio.NewReaderSize(&meter{in.file, &in.taken}, readBuffer)
		return nil
	}
	if _, err := io.CopyN(io.Discard, in.r, n); err != nil {
		return fmt.Errorf("skip %d bytes of %s: %w", n, in.Name, err)
	}
	return nil
}

// Taken is how many bytes were taken off the disk so far, to be compared with Size. It may be called at any time.
func (in *Input) Taken() int64 { return in.taken.Load() }

// Close closes the file.
func (in *Input) Close() {
	in.close()
	if in.file != nil {
		_ = in.file.Close() // it was only read
	}
}

// meter counts what is read.
type meter struct {
	r     io.Reader
	taken *atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.taken.Add(int64(n))
	return n, err
}
