package geoip

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func zipped(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(body)
	_ = z.Close()
	return out.Bytes()
}

func tarred(t *testing.T, name string, body []byte) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, file := range []struct {
		name string
		body []byte
	}{{"GeoLite2_2026/COPYRIGHT.txt", []byte("words")}, {"GeoLite2_2026/" + name, body}} {
		if err := w.WriteHeader(&tar.Header{Name: file.name, Size: int64(len(file.body)), Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(file.body)
	}
	_ = w.Close()
	return zipped(out.Bytes())
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// depot serves files under their names.
func depot(t *testing.T, files map[string][]byte) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path[1:]]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func TestUpdate(t *testing.T) {
	good := city(t, "Fresh")
	asn := testkit.GeoIP(t, "Test-ASN", "127.0.0.0/8", nil)
	torn := bytes.Clone(good)
	clear(torn[len(torn)/3 : len(torn)/2])
	files := map[string][]byte{
		"plain": good, "gz": zipped(good), "tgz": tarred(t, "GeoLite2-City.mmdb", good), "asn": asn, "torn": torn,
		"html": []byte("<html>"), "empty.tgz": tarred(t, "nothing.txt", good), "half.gz": zipped(good)[:100],
	}
	files["plain.sha256"] = []byte(strings.ToUpper(sumOf(good)) + "  GeoLite2-City.mmdb\n")
	at := depot(t, files)
	for name, c := range map[string]struct{ file, sum, fault string }{
		"as it is":            {"plain", sumOf(good), ""},
		"checksum from a URL": {"plain", at + "plain.sha256", ""},
		"gzip":                {"gz", sumOf(files["gz"]), ""},
		"tar":                 {"tgz", sumOf(files["tgz"]), ""},
		"wrong checksum":      {"plain", sumOf(asn), "SHA-256"},
		"no checksum":         {"plain", "", "https"},
		"odd checksum":        {"plain", "0815", "hex digits"},
		"checksum is a page":  {"plain", at + "html", "hex digits"},
		"no such checksum":    {"plain", at + "gone", "404"},
		"no such file":        {"gone", sumOf(good), "404"},
		"a page":              {"html", sumOf(files["html"]), "open"},
		"torn":                {"torn", sumOf(torn), "what was fetched"},
		"half":                {"half.gz", sumOf(files["half.gz"]), "unpack"},
		"archive without":     {"empty.tgz", sumOf(files["empty.tgz"]), ".mmdb"},
		"of another type":     {"asn", sumOf(asn), "want City"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "city.mmdb")
			old := []byte("what was there before")
			put(t, path, old)
			err := Update(t.Context(), http.DefaultClient, Source{Path: path, URL: at + c.file + "?license_key=geheim", Sum: c.sum, Kind: "City"})
			got, _ := os.ReadFile(path)
			if c.fault == "" {
				if err != nil || !bytes.Equal(got, good) {
					t.Errorf("Update got %v and %d bytes, want the new database", err, len(got))
				}
			} else if err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "geheim") || !bytes.Equal(got, old) {
				t.Errorf("Update got %v and left %.40q, want an error with %q and the old file", err, got, c.fault)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("Update left %v behind", left)
			}
		})
	}
}

func TestDue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.mmdb")
	s, now := Source{Path: path}, time.Now()
	if !s.Due(now) {
		t.Error("a missing file is not due")
	}
	put(t, path, nil)
	if s.Due(now) || s.Due(now.Add(MaxAge-time.Hour)) || !s.Due(now.Add(MaxAge+time.Hour)) {
		t.Error("a file is not due after its age, or before")
	}
}
