package monitor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/resolver"
)

// Config is what the environment says about the monitor. What it says about networks is package netconf's.
type Config struct {
	Interval         time.Duration `env:"MONITOR_INTERVAL" envDefault:"1h" range:"10m..168h" help:"time between two checks of a relay that answers, give or take a tenth"`
	ClearnetInterval time.Duration `env:"CLEARNET_MONITOR_INTERVAL" range:"10m..168h" help:"the same on clearnet; unset = MONITOR_INTERVAL"`
	TorInterval      time.Duration `env:"TOR_MONITOR_INTERVAL" range:"10m..168h" help:"the same for onion relays; unset = MONITOR_INTERVAL"`
	I2PInterval      time.Duration `env:"I2P_MONITOR_INTERVAL" range:"10m..168h" help:"the same for I2P relays; unset = MONITOR_INTERVAL"`
	LokiInterval     time.Duration `env:"LOKI_MONITOR_INTERVAL" range:"10m..168h" help:"the same for Lokinet relays; unset = MONITOR_INTERVAL"`

	RetriesOpen  uint `env:"MONITOR_RETRIES_OPEN" envDefault:"2" range:"0..10" help:"repetitions of a connection that failed for a passing reason"`
	RetriesRead  uint `env:"MONITOR_RETRIES_READ" envDefault:"2" range:"0..10" help:"repetitions of a request that failed for a passing reason"`
	RetriesWrite uint `env:"MONITOR_RETRIES_WRITE" envDefault:"2" range:"0..10" help:"repetitions of an event that got no answer for a passing reason"`
	RetriesNIP11 uint `env:"MONITOR_RETRIES_NIP11" envDefault:"3" range:"0..10" help:"repetitions of a fetch of the information document that failed for a passing reason"`

	Canaries   string `env:"MONITOR_CANARIES" envDefault:"shipped" help:"YAML file of relays that tell our own failures from others'; shipped = the built-in one, none = no canaries"`
	RetriesTLS uint   `env:"MONITOR_RETRIES_TLS" envDefault:"2" range:"0..10" help:"repetitions of a TLS handshake that failed for a passing reason"`
	RetriesDNS uint   `env:"MONITOR_RETRIES_DNS" envDefault:"2" range:"0..10" help:"repetitions of a lookup that failed for a passing reason"`

	Only  []string `env:"MONITOR_CHECKS" help:"checks that are made, separated by commas; open and read are always among them; empty = all"`
	Store []string `env:"MONITOR_STORE" help:"checks whose results and documents are stored, separated by commas; empty = all that are made"`

	CapabilitiesInterval time.Duration `env:"MONITOR_CAPABILITIES_INTERVAL" envDefault:"24h" range:"1h..720h" help:"time between two trials of what a relay is able to do"`
	MaxPow               int           `env:"MONITOR_MAX_POW" envDefault:"20" range:"0..32" help:"bits of proof of work that the write check gives to a relay that asks for it, within two seconds"`
	Login                bool          `env:"MONITOR_LOGIN" envDefault:"false" help:"sign in with MONITOR_PRIVATE_KEY where a relay asks who we are, after all other checks"`
	DNSServers           []string      `env:"MONITOR_DNS_SERVERS" help:"name servers of the dns check, address or address:port, separated by commas; empty = those of the system"`
	GeoCityDB            string        `env:"MONITOR_GEO_CITY_DB" help:"GeoIP database of type City, in MaxMind's format; empty = geo is not measured"`
	GeoASNDB             string        `env:"MONITOR_GEO_ASN_DB" help:"GeoIP database of type ASN; empty = net is not measured"`
	GeoCityURL           app.Secret    `env:"MONITOR_GEO_CITY_URL" help:"where bigbrotr geoip update fetches the City database: .mmdb, .gz or .tar.gz"`
	GeoCitySHA256        app.Secret    `env:"MONITOR_GEO_CITY_SHA256" help:"SHA-256 of what is there, or the URL of a text that begins with it"`
	GeoASNURL            app.Secret    `env:"MONITOR_GEO_ASN_URL" help:"where bigbrotr geoip update fetches the ASN database"`
	GeoASNSHA256         app.Secret    `env:"MONITOR_GEO_ASN_SHA256" help:"SHA-256 of what is there, or the URL of a text that begins with it"`

	PrivateKey app.Secret `env:"MONITOR_PRIVATE_KEY" help:"secret key, hex or nsec, that signs the probe of the write check; unset = a new one in every process"`
}

// key is the configured key, or a new one.
func (c Config) key() (event.Key, error) {
	if c.PrivateKey.IsZero() {
		return event.GenerateKey(), nil
	}
	key, err := event.ParseKey(c.PrivateKey.Reveal())
	if err != nil {
		return event.Key{}, fmt.Errorf("read MONITOR_PRIVATE_KEY: %w", err)
	}
	return key, nil
}

// interval is the time between two checks of a relay of a network that answers.
func (c Config) interval(n relay.Network) time.Duration {
	own := map[relay.Network]time.Duration{
		relay.Clearnet: c.ClearnetInterval, relay.Tor: c.TorInterval, relay.I2P: c.I2PInterval, relay.Loki: c.LokiInterval,
	}[n]
	if own > 0 {
		return own
	}
	return c.Interval
}

// Validate reports what the range of a single setting cannot say.
func (c Config) Validate() error {
	_, keyErr := c.key()
	_, dnsErr := resolver.New(c.DNSServers)
	_, canaryErr := readCanaries(c.Canaries, anywhere)
	problems := []error{keyErr, canaryErr, known("MONITOR_CHECKS", c.Only), known("MONITOR_STORE", c.Store)}
	if dnsErr != nil {
		problems = append(problems, fmt.Errorf("MONITOR_DNS_SERVERS: %w", dnsErr))
	}
	if c.Login && c.PrivateKey.IsZero() {
		problems = append(problems, errors.New("MONITOR_LOGIN: MONITOR_PRIVATE_KEY must be set, too"))
	}
	return errors.Join(problems...)
}

// known refuses names of checks that do not exist.
func known(variable string, list []string) error {
	for _, name := range list {
		if !slices.Contains(document.Names(), name) {
			return fmt.Errorf("%s: got %q, want some of %s", variable, name, strings.Join(document.Names(), ","))
		}
	}
	return nil
}

// made are the checks that are made at all; the state of a relay hangs on open and read.
func (c Config) made() []check {
	if len(c.Only) == 0 {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), func(one check) bool {
		return one.name != document.Open && one.name != document.Read && !slices.Contains(c.Only, one.name)
	})
}

// anywhere reads also local URLs: whether they may be dialled is a setting of the networks.
var anywhere = relay.Parser{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
