// Package dump says what an archive looks like as files: lines of JSON, Parquet tables, and the manifest beside them.
//
// Owns: compression by gzip and zstd, lines of any length without memory for the longest, where a file was left and
// whether it is still the same one, the columns of each Parquet table, and what a manifest states.
//
// Does not own: what is read from or written to the archive (services/importer, services/exporter), or what an event is
// (event). Files come from strangers as often as from us: whatever is read is bounded and checked by whoever uses it.
//
// Promises: an Input is the same for the same bytes, wherever they lie. A file is complete when its manifest says so:
// both are renamed into place after they are on disk, the manifest last.
//
// Files:
//
//	input.go     Input: plain, gzip or zstd, by its first bytes
//	output.go    Output: packed as its name says, in pieces that can be gone on with
//	manifest.go  Manifest: what a dump holds, with sums, and where the stream stood
//	tables.go    the rows of each Parquet table
//	table.go     Table and Rows: Parquet files
//	lines.go     Lines: one line after the other, a long one without its text
package dump
