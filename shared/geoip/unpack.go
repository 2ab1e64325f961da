package geoip

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

var gzipMagic = []byte{0x1f, 0x8b}

// unpack writes the database that a download holds: the download itself, or what is within gzip, or the file that ends in
// .mmdb of a tar within gzip.
func unpack(packed io.Reader, to io.Writer) error {
	from := bufio.NewReader(packed)
	if magic, _ := from.Peek(len(gzipMagic)); !bytes.Equal(magic, gzipMagic) {
		return write(to, from)
	}
	unzipped, err := gzip.NewReader(from)
	if err != nil {
		return err
	}
	defer unzipped.Close()
	inner := bufio.NewReaderSize(unzipped, 512)
	if head, _ := inner.Peek(262); len(head) == 262 && string(head[257:]) == "ustar" {
		return untar(inner, to)
	}
	return write(to, inner)
}

func untar(from io.Reader, to io.Writer) error {
	archive := tar.NewReader(io.LimitReader(from, 2*maxFile))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("no file of the archive ends in .mmdb")
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeReg && strings.HasSuffix(header.Name, ".mmdb") {
			return write(to, archive)
		}
	}
}

func write(to io.Writer, from io.Reader) error {
	n, err := io.Copy(to, io.LimitReader(from, maxFile+1))
	if err == nil && n > maxFile {
		err = fmt.Errorf("got more than %d bytes", maxFile)
	}
	return err
}
