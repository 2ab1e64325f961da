// Package s3 is the only code that speaks to an S3-compatible object store.
//
// It owns: copying the files of a dump into a bucket. It does not own what a dump holds (dump), or when one is made.
//
// Promises: an object that has the same bytes is not sent again, the manifest is sent last, and what it does not name any
// more is removed after that; so whoever reads the manifest first finds every file that it names, or a newer one, whose sum
// tells. A copy that was interrupted is gone on with by copying again.
//
//	bucket.go  Bucket, Open, Mirror
package s3
