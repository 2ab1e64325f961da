package netconf

import (
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Config is what the environment says about networks and relay connections.
type Config struct {
	Vantage string `env:"VANTAGE" envDefault:"main" help:"where checks are made from; one token, part of every result"`

	ClearnetCheckTimeout   time.Duration `env:"CLEARNET_CHECK_TIMEOUT" envDefault:"10s" range:"1s..180s" help:"time for one check of a relay"`
	ClearnetRequestTimeout time.Duration `env:"CLEARNET_REQUEST_TIMEOUT" envDefault:"30s" range:"5s..120s" help:"time without any frame after which a request is given up"`
	ClearnetQuantum        time.Duration `env:"CLEARNET_QUANTUM" envDefault:"5m" range:"1m..4h" help:"one turn of one relay's backfill"`
	ClearnetMaxRelays      int           `env:"CLEARNET_MAX_RELAYS" envDefault:"30" range:"1..5000" help:"relays at once, per process and role"`
	ClearnetLiveRelays     int           `env:"CLEARNET_LIVE_RELAYS" envDefault:"500" range:"0..5000" help:"live subscriptions at once, per process; 0 = none"`
	ClearnetMaxWaiting     int           `env:"CLEARNET_MAX_WAITING" envDefault:"1000" range:"0..5000" help:"relays beside the slots that keep validator or monitor waiting, half of them such that failed last time, per process and role; 0 = they keep their slots"`

	TorProxy          string        `env:"TOR_PROXY" help:"socks5h://host:port; unset = onion relays are never dialled"`
	TorCheckTimeout   time.Duration `env:"TOR_CHECK_TIMEOUT" envDefault:"30s" range:"1s..180s" help:"time for one check of a relay"`
	TorRequestTimeout time.Duration `env:"TOR_REQUEST_TIMEOUT" envDefault:"60s" range:"5s..120s" help:"time without any frame after which a request is given up"`
	TorQuantum        time.Duration `env:"TOR_QUANTUM" envDefault:"10m" range:"1m..4h" help:"one turn of one relay's backfill"`
	TorMaxRelays      int           `env:"TOR_MAX_RELAYS" envDefault:"10" range:"1..5000" help:"relays at once, per process and role"`
	TorLiveRelays     int           `env:"TOR_LIVE_RELAYS" envDefault:"10" range:"0..5000" help:"live subscriptions at once, per process; 0 = none"`
	TorMaxWaiting     int           `env:"TOR_MAX_WAITING" envDefault:"40" range:"0..5000" help:"relays beside the slots that keep validator or monitor waiting, half of them such that failed last time, per process and role; 0 = they keep their slots"`

	I2PProxy          string        `env:"I2P_PROXY" help:"socks5h://host:port; unset = I2P relays are never dialled"`
	I2PCheckTimeout   time.Duration `env:"I2P_CHECK_TIMEOUT" envDefault:"45s" range:"1s..180s" help:"time for one check of a relay"`
	I2PRequestTimeout time.Duration `env:"I2P_REQUEST_TIMEOUT" envDefault:"60s" range:"5s..120s" help:"time without any frame after which a request is given up"`
	I2PQuantum        time.Duration `env:"I2P_QUANTUM" envDefault:"10m" range:"1m..4h" help:"one turn of one relay's backfill"`
	I2PMaxRelays      int           `env:"I2P_MAX_RELAYS" envDefault:"5" range:"1..5000" help:"relays at once, per process and role"`
	I2PLiveRelays     int           `env:"I2P_LIVE_RELAYS" envDefault:"5" range:"0..5000" help:"live subscriptions at once, per process; 0 = none"`
	I2PMaxWaiting     int           `env:"I2P_MAX_WAITING" envDefault:"20" range:"0..5000" help:"relays beside the slots that keep validator or monitor waiting, half of them such that failed last time, per process and role; 0 = they keep their slots"`

	LokiProxy          string        `env:"LOKI_PROXY" help:"socks5h://host:port; unset = Lokinet relays are never dialled"`
	LokiCheckTimeout   time.Duration `env:"LOKI_CHECK_TIMEOUT" envDefault:"30s" range:"1s..180s" help:"time for one check of a relay"`
	LokiRequestTimeout time.Duration `env:"LOKI_REQUEST_TIMEOUT" envDefault:"60s" range:"5s..120s" help:"time without any frame after which a request is given up"`
	LokiQuantum        time.Duration `env:"LOKI_QUANTUM" envDefault:"10m" range:"1m..4h" help:"one turn of one relay's backfill"`
	LokiMaxRelays      int           `env:"LOKI_MAX_RELAYS" envDefault:"5" range:"1..5000" help:"relays at once, per process and role"`
	LokiLiveRelays     int           `env:"LOKI_LIVE_RELAYS" envDefault:"5" range:"0..5000" help:"live subscriptions at once, per process; 0 = none"`
	LokiMaxWaiting     int           `env:"LOKI_MAX_WAITING" envDefault:"20" range:"0..5000" help:"relays beside the slots that keep validator or monitor waiting, half of them such that failed last time, per process and role; 0 = they keep their slots"`

	AllowCIDRs       []string `env:"RELAY_ALLOW_CIDRS" help:"private ranges opened for one's own relays, separated by commas"`
	AllowInsecureTLS bool     `env:"RELAY_ALLOW_INSECURE_TLS" envDefault:"false" help:"go on where a certificate does not verify; verified TLS is tried first"`
	DenyListFile     string   `env:"RELAY_DENYLIST" help:"YAML list of URLs, hosts, domains and ranges that are never dialled"`
	MaxPerIP         int      `env:"RELAY_MAX_CONNECTIONS_PER_IP" envDefault:"5" range:"0..10000" help:"connections at once to one IPv4 address or IPv6 /64, over all processes; 0 = no bound"`
	MaxBytesPerDay   app.Size `env:"RELAY_MAX_BYTES_PER_DAY" envDefault:"2GiB" help:"bytes that the synchronizers take from one relay in a day of UTC, all together; 0 = no bound"`
	FrameMax         app.Size `env:"FRAME_MAX_BYTES" envDefault:"1MiB" range:"1KiB..64MiB" help:"largest message that a relay may send; a larger one is counted and left out"`
	UserAgent        string   `env:"RELAY_USER_AGENT" envDefault:"BigBrotr (+https://github.com/bigbrotr)" help:"how we introduce ourselves to relays; name a contact"`
}

// Validate reports what the range of a single setting cannot say.
func (c Config) Validate() error {
	if !subject.IsVantage(c.Vantage) {
		return fmt.Errorf("VANTAGE: got %s, want up to 32 of a-z, 0-9 and -, the first no -", app.Quote(c.Vantage))
	}
	return nil
}

// Limits are the bounds of work in one network.
type Limits struct {
	Proxy          string        // socks5h URL; empty on clearnet and where the network is off
	CheckTimeout   time.Duration // of one check
	RequestTimeout time.Duration // of one request without any frame
	Quantum        time.Duration // of one turn of one relay's backfill
	MaxRelays      int           // relays at once, per process and role
	LiveRelays     int           // live subscriptions at once, per process
	MaxWaiting     int           // relays beside MaxRelays that keep us waiting, per process and role
}

// Limits returns the bounds of one network. An unknown network has those of clearnet.
func (c Config) Limits(n relay.Network) Limits {
	switch n {
	case relay.Tor:
		return Limits{c.TorProxy, c.TorCheckTimeout, c.TorRequestTimeout, c.TorQuantum, c.TorMaxRelays, c.TorLiveRelays, c.TorMaxWaiting}
	case relay.I2P:
		return Limits{c.I2PProxy, c.I2PCheckTimeout, c.I2PRequestTimeout, c.I2PQuantum, c.I2PMaxRelays, c.I2PLiveRelays, c.I2PMaxWaiting}
	case relay.Loki:
		return Limits{c.LokiProxy, c.LokiCheckTimeout, c.LokiRequestTimeout, c.LokiQuantum, c.LokiMaxRelays, c.LokiLiveRelays, c.LokiMaxWaiting}
	}
	return Limits{"", c.ClearnetCheckTimeout, c.ClearnetRequestTimeout, c.ClearnetQuantum, c.ClearnetMaxRelays, c.ClearnetLiveRelays, c.ClearnetMaxWaiting}
}

// Enabled says whether relays of a network are dialled: clearnet always, an overlay where its proxy is set.
func (c Config) Enabled(n relay.Network) bool {
	return n == relay.Clearnet || c.Limits(n).Proxy != ""
}
