package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestGeoIPUpdate fetches one database and is told that the other is not wanted; then it is fresh; then its source is gone.
func TestGeoIPUpdate(t *testing.T) {
	city := testkit.GeoIP(t, "Test-City", "127.0.0.0/8", nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("license_key") != "geheim" || r.UserAgent() == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write(city)
	}))
	path, sum := filepath.Join(t.TempDir(), "city.mmdb"), sha256.Sum256(city)
	environ := []string{"RELAY_ALLOW_CIDRS=127.0.0.0/8", "MONITOR_GEO_CITY_DB=" + path,
		"MONITOR_GEO_CITY_URL=" + server.URL + "/city?license_key=geheim", "MONITOR_GEO_CITY_SHA256=" + hex.EncodeToString(sum[:])}
	update := func(code int, wants []string, args ...string) {
		t.Helper()
		stdout, stderr, got := bigbrotr(t, "", environ, append([]string{"geoip", "update"}, args...)...)
		for _, want := range wants {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("geoip update %v got %s%s, want in it %s", args, stdout, stderr, want)
			}
		}
		if got != code || strings.Contains(stdout+stderr, "geheim") {
			t.Errorf("geoip update %v got code %d and %s%s, want %d and no secret", args, got, stdout, stderr, code)
		}
	}
	update(0, []string{`{"databases":[{"database":"City","file":"` + path + `","verdict":"updated"},`, `"verdict":"unset"`}, "-o", "json")
	if body, err := os.ReadFile(path); err != nil || !bytes.Equal(body, city) {
		t.Errorf("got %d bytes and %v in place, want the database", len(body), err)
	}
	update(0, []string{"City", "fresh", "MONITOR_GEO_ASN_URL"})
	server.Close()
	update(failed, []string{"update the City database", "see: bigbrotr config print"}, "--force")
	environ = environ[:2]
	update(usage, []string{"MONITOR_GEO_CITY_URL must be set"}, "--force")
	environ = []string{"MONITOR_GEO_ASN_URL=https://download.example.com/asn"}
	update(usage, []string{"MONITOR_GEO_ASN_DB must be set"})
}
