package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

// sumHeader is the user metadata that names an object's bytes.
const sumHeader = "Bigbrotr-Sha256"

// Bucket is a bucket and a prefix in it.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string // empty, or with a slash at its end
}

// Open prepares to use a bucket, given as https://host[:port]/bucket[/prefix]. It asks nothing yet.
func Open(where, accessKey, secretKey, region string) (*Bucket, error) {
	u, err := url.Parse(where)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return nil, errors.New("read the address of a bucket: want https://host/bucket, and keys apart from it")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("read the address of a bucket: it names no bucket")
	}
	if prefix != "" {
		prefix += "/"
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""),
		Secure: u.Scheme == "https", Region: region})
	if err != nil {
		return nil, fmt.Errorf("open a bucket: %w", err)
	}
	return &Bucket{client, bucket, prefix}, nil
}

// Mirror makes the bucket hold a dump: files that differ, then the manifest, and nothing else under the prefix. It returns
// how many files were sent.
func (b *Bucket) Mirror(ctx context.Context, dir, manifest string, m *dump.Manifest) (sent int, err error) {
	keep := map[string]bool{b.prefix + manifest: true}
	for _, file := range m.Files {
		keep[b.prefix+file.Path] = true
		same, err := b.holds(ctx, file)
		if err != nil {
			return sent, err
		}
		if same {
			continue
		}
		if err := b.send(ctx, dir, file.Path, file.SHA256); err != nil {
			return sent, err
		}
		sent++
	}
	if err := b.send(ctx, dir, manifest, ""); err != nil {
		return sent, err
	}
	return sent, b.sweep(ctx, keep)
}

// holds says whether the bucket has the bytes of a file.
func (b *Bucket) holds(ctx context.Context, file dump.File) (bool, error) {
	info, err := b.client.StatObject(ctx, b.bucket, b.prefix+file.Path, minio.StatObjectOptions{})
	if minio.ToErrorResponse(err).StatusCode == 404 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s in the bucket: %w", file.Path, err)
	}
	return info.Size == file.Bytes && info.UserMetadata[sumHeader] == file.SHA256, nil
}

func (b *Bucket) send(ctx context.Context, dir, path, sum string) error {
	options := minio.PutObjectOptions{UserMetadata: map[string]string{sumHeader: sum}}
	if _, err := b.client.FPutObject(ctx, b.bucket, b.prefix+path, filepath.Join(dir, filepath.FromSlash(path)), options); err != nil {
		return fmt.Errorf("send %s to the bucket: %w", path, err)
	}
	return nil
}

// sweep removes what is not of the dump any more: only tables, which nobody but a mirror puts there.
func (b *Bucket) sweep(ctx context.Context, keep map[string]bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for object := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if object.Err != nil {
			return fmt.Errorf("list the bucket: %w", object.Err)
		}
		if keep[object.Key] || !strings.HasSuffix(object.Key, ".parquet") {
			continue
		}
		if err := b.client.RemoveObject(ctx, b.bucket, object.Key, minio.RemoveObjectOptions{}); err != nil {
			return fmt.Errorf("remove %s from the bucket: %w", object.Key, err)
		}
	}
	return nil
}
