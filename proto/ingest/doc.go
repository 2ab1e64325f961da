// Package ingest is the contract of the INGEST stream: the protobuf messages that workers
// hand to the writer, and the codec that puts a Batch on the wire and takes it off.
//
// It owns the message shapes, their version, their size limits and the compression. It does
// not own subjects (package subject), delivery (bus) or what a field means to Postgres (store).
//
// It promises that Decode never allocates more than MaxDecodedBytes whatever the input, and
// that a batch of a newer version is refused by ErrNewer instead of being half understood.
//
//	ingest.proto  the messages; ingest.pb.go is generated from it
//	codec.go      Encode, Decode
//
//go:generate go -C .. run ./internal/generate
package ingest
