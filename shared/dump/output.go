package dump

import (
	"bufio"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// partSuffix names a file that is not complete.
const partSuffix = ".part"

// Output is a file that is written in pieces, packed as the end of its name says. Until Finish it has another name.
type Output struct {
	path   string
	file   *os.File
	buf    *bufio.Writer
	sum    hash.Hash
	bytes  int64
	packer io.WriteCloser // nil = between two members
}

// Mark is how much of an output is on disk: enough to go on with it in another process.
type Mark struct {
	Bytes int64  `json:"bytes"` // on disk, packed
	Sum   []byte `json:"sum"`   // state of the SHA-256 over them
}

// Create begins a file; what was left of an earlier try is gone.
func Create(path string) (*Output, error) {
	return openOutput(path, os.O_TRUNC, Mark{})
}

// Resume goes on at a mark: whatever was written behind it is cut off. A crash right after Finish leaves the file with its
// name already.
func Resume(path string, at Mark) (*Output, error) {
	if _, err := os.Stat(path + partSuffix); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(path, path+partSuffix); err != nil {
			return nil, fmt.Errorf("go on with %s: %w", path, err)
		}
	}
	return openOutput(path, 0, at)
}

func openOutput(path string, flags int, at Mark) (*Output, error) {
	file, err := os.OpenFile(path+partSuffix, os.O_WRONLY|os.O_CREATE|flags, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open output: %w", err)
	}
	o := &Output{path: path, file: file, sum: sha256.New(), bytes: at.Bytes}
	if err := o.wind(at); err != nil {
		_ = file.Close() // the first error matters
		return nil, fmt.Errorf("go on with %s: %w", path, err)
	}
	o.buf = bufio.NewWriterSize(&summing{o}, readBuffer)
	return o, nil
}

// wind goes to a mark.
func (o *Output) wind(at Mark) error {
	if at.Bytes == 0 {
		return nil
	}
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < at.Bytes {
		return fmt.Errorf("it has %d bytes and should have %d", info.Size(), at.Bytes)
	}
	if err := o.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(at.Sum); err != nil {
		return err
	}
	if err := o.file.Truncate(at.Bytes); err != nil {
		return err
	}
	_, err = o.file.Seek(at.Bytes, io.SeekStart)
	return err
}

// summing writes to the file and counts.
type summing struct{ *Output }

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	return n, err
}

// Write adds bytes, which a mark makes durable.
func (o *Output) Write(p []byte) (int, error) {
	if o.packer == nil {
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	n, err := o.packer.Write(p)
	if err != nil {
		return n, fmt.Errorf("write %s: %w", o.path, err)
	}
	return n, nil
}

// open begins a member: gzip and zstd files may have any number of them.
func (o *Output) open() error {
	switch {
	case strings.HasSuffix(o.path, ".gz"):
		o.packer = gzip.NewWriter(o.buf)
	case strings.HasSuffix(o.path, ".zst"):
		w, err := zstd.NewWriter(o.buf, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("pack %s: %w", o.path, err)
		}
		o.packer = w
	default:
		o.packer = unpacked{o.buf}
	}
	return nil
}

type unpacked struct{ io.Writer }

func (unpacked) Close() error { return nil }

// Mark ends the member, puts everything on disk and says where that is.
func (o *Output) Mark() (Mark, error) {
	if o.packer != nil {
		if err := o.packer.Close(); err != nil {
			return Mark{}, fmt.Errorf("pack %s: %w", o.path, err)
		}
		o.packer = nil
	}
	if err := errors.Join(o.buf.Flush(), o.file.Sync()); err != nil {
		return Mark{}, fmt.Errorf("write %s: %w", o.path, err)
	}
	sum, err := o.sum.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return Mark{}, fmt.Errorf("keep the sum of %s: %w", o.path, err)
	}
	return Mark{o.bytes, sum}, nil
}

// Finish gives the file its name and says what it holds.
func (o *Output) Finish() (File, error) {
	if _, err := o.Mark(); err != nil {
		return File{}, err
	}
	if err := errors.Join(o.file.Close(), os.Rename(o.path+partSuffix, o.path), syncDir(filepath.Dir(o.path))); err != nil {
		return File{}, fmt.Errorf("finish %s: %w", o.path, err)
	}
	return File{Path: filepath.Base(o.path), Bytes: o.bytes, SHA256: hex.EncodeToString(o.sum.Sum(nil))}, nil
}

// Close lets go of a file that is not finished; what its last mark said is on disk.
func (o *Output) Close() { _ = o.file.Close() } // after Finish it is closed already

// Replace puts a small file in the place of another one, whole or not at all.
func Replace(path string, body []byte) error {
	fresh := path + ".new"
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(body)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = errors.Join(os.Rename(fresh, path), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// syncDir makes renames in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
