package testkit

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// GeoIP makes a database of a type that says one thing of one network, which may be a private one.
func GeoIP(t testing.TB, kind, network string, record mmdbtype.Map) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: kind, IncludeReservedNetworks: true, Description: map[string]string{"en": "for a test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, prefix, err := net.ParseCIDR(network)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Insert(prefix, record); err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := tree.WriteTo(&body); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

// Berlin writes databases that put the whole of 127.0.0.0/8 into Berlin and into the network of AS64500.
func Berlin(t testing.TB) (city, asn string) {
	t.Helper()
	write := func(kind string, record mmdbtype.Map) string {
		path := filepath.Join(t.TempDir(), kind+".mmdb")
		if err := os.WriteFile(path, GeoIP(t, kind, "127.0.0.0/8", record), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	city = write("City", mmdbtype.Map{
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Berlin")}},
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "is_in_european_union": mmdbtype.Bool(true)},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "longitude": mmdbtype.Float64(13.4)},
	})
	return city, write("ASN", mmdbtype.Map{
		"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Net"),
	})
}
