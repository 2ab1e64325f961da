package ingest

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
)

const (
	// Version is the version of the contract that this build writes. It reads this one and
	// the one before (an upgrade goes initializer, writer, workers). 2 brought imports, which a writer
	// of version 1 would have taken for nothing.
	Version = 2

	oldest = Version - 1

	// MaxBatchEvents and MaxBatchBytes bound one message before compression. A single event
	// that is larger than MaxBatchBytes travels alone.
	MaxBatchEvents = 500
	MaxBatchBytes  = 512 << 10

	// MaxDecodedBytes bounds what a compressed message may inflate to: the largest single
	// event with all its escapes, and room for its envelope.
	MaxDecodedBytes = 4 << 20
)

var (
	// ErrNewer is returned for a batch of a version that this build does not read.
	ErrNewer = errors.New("batch is of a newer version: upgrade the writer before the workers")
	// ErrUndecodable is returned for bytes that are not a batch at all.
	ErrUndecodable = errors.New("batch is undecodable")
)

var (
	encoder = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true)))
	decoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxDecodedBytes)))
)

// Encode stamps the batch with Version and returns its compressed bytes.
// It fails only on a string that is not UTF-8.
func Encode(batch *Batch) ([]byte, error) {
	batch.Version = Version
	plain, err := proto.Marshal(batch)
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	return encoder.EncodeAll(plain, make([]byte, 0, len(plain)/2+64)), nil
}

// Decode reads what Encode wrote. Errors are ErrUndecodable or ErrNewer, wrapped.
func Decode(data []byte) (*Batch, error) {
	plain, err := decoder.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: inflate %d bytes: %w", ErrUndecodable, len(data), err)
	}
	batch := new(Batch)
	if err := proto.Unmarshal(plain, batch); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	if batch.Version < oldest {
		return nil, fmt.Errorf("%w: it is of version %d, and this build reads %d and %d", ErrUndecodable, batch.Version, oldest, Version)
	}
	if batch.Version > Version {
		return nil, fmt.Errorf("%w (batch %d, this build %d)", ErrNewer, batch.Version, Version)
	}
	return batch, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
