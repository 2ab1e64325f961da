package geoip

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func city(t testing.TB, name string) []byte {
	return testkit.GeoIP(t, "Test-City", "127.0.0.0/8", mmdbtype.Map{
		"city":         mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}},
		"country":      mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "is_in_european_union": mmdbtype.Bool(true)},
		"subdivisions": mmdbtype.Slice{mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Land Berlin")}}},
		"postal":       mmdbtype.Map{"code": mmdbtype.String("10117")},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "longitude": mmdbtype.Float64(13.4),
			"accuracy_radius": mmdbtype.Uint16(20), "time_zone": mmdbtype.String("Europe/Berlin")},
	})
}

func put(t testing.TB, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

var loopback = netip.MustParseAddr("127.0.0.1")

func TestPlaceAndNetwork(t *testing.T) {
	dir := t.TempDir()
	cityFile, asnFile := filepath.Join(dir, "city.mmdb"), filepath.Join(dir, "asn.mmdb")
	put(t, cityFile, city(t, "Ber\x00lin<b>"))
	put(t, asnFile, testkit.GeoIP(t, "Test-ASN", "127.0.0.0/8", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500),
		"autonomous_system_organization": mmdbtype.String("Example Net")}))
	d := New(cityFile, asnFile, slog.New(slog.DiscardHandler))
	place, err := d.Place(loopback)
	body, encodeErr := document.Encode(place)
	want := `{"address":"127.0.0.1","country":"DE","eu":true,"city":"Ber lin\u003cb\u003e","region":"Land Berlin","postal":"10117","lat":52.5,"lon":13.4,"accuracy_km":20,"tz":"Europe/Berlin","geohash":"u33d8r8ex"}`
	if err != nil || encodeErr != nil || string(body)[:150] != want[:150] || len(place.Geohash) != 9 || !strings.HasPrefix(place.Geohash, "u33d") {
		t.Errorf("Place got %s and %v, want %s", body, err, want)
	}
	network, err := d.Network(loopback)
	if want := (document.Announced{Address: loopback, ASN: 64500, Organisation: "Example Net", Prefix: netip.MustParsePrefix("127.0.0.0/8")}); err != nil || network != want {
		t.Errorf("Network got %+v and %v, want %+v", network, err, want)
	}
	if _, err := d.Place(netip.MustParseAddr("9.9.9.9")); !errors.Is(err, ErrUnknown) {
		t.Errorf("Place of an address that is not there got %v, want ErrUnknown", err)
	}
	if _, err := New("", "", slog.New(slog.DiscardHandler)).Network(loopback); !errors.Is(err, ErrNotMeasured) {
		t.Errorf("Network without a database got %v, want ErrNotMeasured", err)
	}
}

// TestFileThatIsReplaced follows one file through absence, a good version, a broken one and a better one.
func TestFileThatIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.mmdb")
	var said bytes.Buffer
	f := &file{path: path, log: slog.New(slog.NewTextHandler(&said, nil))}
	now := time.Now()
	name := func() string {
		now = now.Add(lookEvery)
		var record cityRecord
		if reader := f.open(now); reader != nil {
			if err := reader.Lookup(loopback).Decode(&record); err != nil {
				t.Fatal(err)
			}
		}
		return record.City.name()
	}
	step := func(want string, lines int) {
		t.Helper()
		for range 3 {
			if got := name(); got != want {
				t.Errorf("got city %q, want %q", got, want)
			}
		}
		if got := strings.Count(said.String(), "\n"); got != lines {
			t.Errorf("got %d lines of log, want %d: %s", got, lines, said.String())
		}
	}
	replace := func(body []byte) {
		put(t, path+".new", body)
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	step("", 1)
	replace(city(t, "First"))
	step("First", 2)
	replace([]byte("no database"))
	step("First", 3)
	replace(city(t, "Second One"))
	step("Second One", 4)
}

func TestGeohash(t *testing.T) {
	for want, at := range map[string][2]float64{
		"u4pruydqq": {57.64911, 10.40744}, "ezs42s000": {42.605, -5.603}, "s00000000": {0, 0}, "zzzzzzzzz": {90, 180},
		"000000000": {-90, -180}, "6gkzwgjzn": {-25.382708, -49.265506},
	} {
		if got := Geohash(at[0], at[1]); got[:7] != want[:7] {
			t.Errorf("Geohash(%v) got %s, want %s", at, got, want)
		}
	}
}

// TestRealDatabases compares with what MaxMind expects of its test databases.
func TestRealDatabases(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "geoip")
	raw, err := os.ReadFile(filepath.Join(dir, "GeoLite2-ASN-Test.json"))
	if err != nil {
		t.Logf("%s is not there: nothing of it was run", dir)
		return
	}
	var expected []map[string]struct {
		Number uint32 `json:"autonomous_system_number"`
		Name   string `json:"autonomous_system_organization"`
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	d := New(filepath.Join(dir, "GeoIP2-City-Test.mmdb"), filepath.Join(dir, "GeoLite2-ASN-Test.mmdb"), slog.New(slog.DiscardHandler))
	for _, row := range expected {
		for network, want := range row {
			prefix := netip.MustParsePrefix(network)
			got, err := d.Network(prefix.Addr())
			if err != nil || got.ASN != want.Number || got.Organisation != want.Name || got.Prefix.Masked().Addr().Unmap() != prefix.Masked().Addr().Unmap() {
				t.Errorf("Network(%s) got %+v and %v, want %+v", network, got, err, want)
			}
		}
	}
	place, err := d.Place(netip.MustParseAddr("2.125.160.216"))
	if err != nil || place.Country != "GB" || place.City != "Boxford" || place.Region != "England" || place.Postal != "OX1" ||
		place.TimeZone != "Europe/London" || !strings.HasPrefix(place.Geohash, "gcp") || place.EU {
		t.Errorf("Place got %+v and %v, want Boxford", place, err)
	}
}
