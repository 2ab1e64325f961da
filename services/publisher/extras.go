package publisher

import (
	"net/netip"
	"regexp"
	"strconv"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// extras are tags that NIP-66 does not list, as other monitors have them, and `g`, which it does. Each comes from one
// check and goes with its switch. What no filter may ask for has a name of several letters.
var extras = []struct {
	check string
	tags  func(findings) [][]string
}{
	{document.NIP11, languageTags},
	{document.TLS, tlsTags},
	{document.DNS, dnsTags},
	{document.Geo, geoTags},
	{document.Net, netTags},
	{document.HTTP, httpTags},
}

// maxAddresses bounds the addresses of one family.
const maxAddresses = 8

func extraTags(r findings, published func(check string) bool) (tags [][]string) {
	for _, extra := range extras {
		if published(extra.check) {
			tags = append(tags, extra.tags(r)...)
		}
	}
	return once(tags)
}

var languageForm = regexp.MustCompile(`^[a-z]{2}$`)

func languageTags(r findings) (tags [][]string) {
	for _, language := range r.claims.Languages {
		if languageForm.MatchString(language) {
			tags = append(tags, label("ISO-639-1", language)...)
		}
	}
	return tags
}

// tlsTags: a certificate that fails is told, too.
func tlsTags(r findings) (tags [][]string) {
	cert, ok := read[document.Certificate](r.documents, document.TLS)
	if !ok || cert.NotAfter <= 0 {
		return nil
	}
	verdict := "!valid"
	if cert.Valid {
		verdict = "valid"
	}
	tags = [][]string{{"ssl", verdict}, {"ssl-expires", strconv.FormatInt(cert.NotAfter, 10)}}
	return append(tags, textTag("ssl-issuer", cert.Issuer)...)
}

func dnsTags(r findings) (tags [][]string) {
	records, _ := read[document.NameRecords](r.documents, document.DNS)
	tags = append(addresses("dns-ip", records.A), addresses("dns-ip6", records.AAAA)...)
	if n := len(records.CNAME); n > 0 {
		tags = append(tags, textTag("dns-cname", records.CNAME[n-1])...)
	}
	return tags
}

func addresses(name string, list []netip.Addr) (tags [][]string) {
	for _, address := range list[:min(len(list), maxAddresses)] {
		if address.IsValid() && address.Zone() == "" {
			tags = append(tags, []string{name, address.String()})
		}
	}
	return tags
}

func geoTags(r findings) (tags [][]string) {
	place, _ := read[document.Place](r.documents, document.Geo)
	if geohashForm.MatchString(place.Geohash) {
		tags = geohashTags(place)
	}
	tags = append(tags, textTag("geo-country", place.Country)...)
	tags = append(tags, textTag("geo-city", place.City)...)
	tags = append(tags, textTag("geo-tz", place.TimeZone)...)
	if place.Latitude != nil && place.Longitude != nil {
		tags = append(tags, []string{"geo-lat", degrees(*place.Latitude)}, []string{"geo-lon", degrees(*place.Longitude)})
	}
	tags = append(tags, label("ISO-3166-1", place.Country)...)
	tags = append(tags, label("nip66.label.city", place.City)...)
	return append(tags, label("IANA-tz", place.TimeZone)...)
}

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }

// geohashTags are a place at every precision, the coarsest first, so that a filter finds it by any of them (NIP-52).
func geohashTags(place document.Place) (tags [][]string) {
	for _, hash := range place.Geohashes() {
		tags = append(tags, []string{"g", hash})
	}
	return tags
}

func netTags(r findings) (tags [][]string) {
	networks, _ := read[document.Networks](r.documents, document.Net)
	for _, family := range []struct {
		tag       string
		announced *document.Announced
	}{{"net-ip", networks.IPv4}, {"net-ipv6", networks.IPv6}} {
		if family.announced == nil {
			continue
		}
		tags = append(tags, addresses(family.tag, []netip.Addr{family.announced.Address})...)
		tags = append(tags, announcerTags(*family.announced)...)
	}
	return tags
}

// announcerTags are of the autonomous system; both families often have the same.
func announcerTags(a document.Announced) [][]string {
	if a.ASN == 0 {
		return nil
	}
	asn := strconv.FormatUint(uint64(a.ASN), 10)
	tags := append([][]string{{"net-asn", asn}}, textTag("net-asn-org", a.Organisation)...)
	tags = append(tags, label("IANA-asn", asn)...)
	return append(tags, label("IANA-asnOrg", a.Organisation)...)
}

func httpTags(r findings) [][]string {
	headers, _ := read[document.Headers](r.documents, document.HTTP)
	return append(textTag("http-server", headers.Server), textTag("http-powered-by", headers.PoweredBy)...)
}

// read decodes a document of a check; false = there is none, or it is not in our form.
func read[T any](documents map[string][]byte, name string) (value T, ok bool) {
	decoded, err := document.Decode[T](documents[name])
	if err != nil {
		return value, false
	}
	return decoded, true
}

// claimsOf reads what a relay says of itself; without a document it says nothing.
func claimsOf(documents map[string][]byte) relay.Claims {
	info, _ := relay.ParseInfo(documents[document.NIP11])
	return info.Claims
}
