package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	slowOpen = 3 * time.Second
	slowRead = 5 * time.Second
	restless = 6 // changes of state in a week
	agreed   = 2 // monitors of others
)

var reach = []finding{
	{"dead", Broken, "It has not answered for 30 days", "Start it, or take its URL out of your NIP-65 lists; one answer brings it back.",
		func(e Evidence) (string, bool) { return e.why(document.Open), e.State == "dead" }},
	{"no-name", Broken, "Its name does not resolve", "Renew the domain or set an A or AAAA record; look with: dig A <host>.",
		opens(string(relay.ClassDNS))},
	{"port-closed", Broken, "Its port refuses connections", "Start the relay or its reverse proxy, and see that it listens on the port of the URL.",
		opens(string(relay.ClassRefused))},
	{"no-route", Broken, "Its address cannot be reached", "See whether the machine is up and its firewall lets the port pass.",
		opens(string(relay.ClassUnreachable))},
	{"hangs", Broken, "It accepts no connection in time", "See whether the machine is overloaded, or a firewall drops packets; a limit of open files stops accepting, too.",
		opens(string(relay.ClassTimeout))},
	{"no-answer", Broken, "It gave no answer in time", "See whether it accepts connections and answers REQ: the machine may be overloaded, or a firewall drops packets.",
		func(e Evidence) (string, bool) { return "", e.Tried == string(relay.ClassTimeout) }},
	{"points-inside", Broken, "Its name leads to a private or reserved address", "Set its A and AAAA records to public addresses: nobody outside reaches these.",
		opens(string(relay.ClassReserved))},
	{"blocks-us", Broken, "It turns us away", "Take this monitor's address out of the block list or raise the limit; a web firewall must let WebSocket and plain clients pass.",
		func(e Evidence) (string, bool) {
			return first(e.why(document.Open), e.why(document.Read)), e.State == "blocked"
		}},
	{"wrong-path", Broken, "HTTP answers, but there is no WebSocket at this path", "Publish the URL with the right path, and pass the headers Upgrade and Connection through the reverse proxy.", notUpgraded},
	{"server-error", Broken, "The web server in front fails", "Look at the reverse proxy's log: its backend, the relay, is away or too slow.",
		func(e Evidence) (string, bool) {
			why := e.why(document.Open)
			return why, strings.HasPrefix(why, "upgrade_5")
		}},
	{"ipv6-dead", Faulty, "It does not answer at its IPv6 addresses", "Open the port on IPv6, or take the AAAA record away: who tries IPv6 first waits, and who has no IPv4 never gets there.",
		func(e Evidence) (string, bool) {
			return addresses(e.Names), slices.Contains(lost, relay.Class(e.why(document.IPv6)))
		}},
	{"ipv6-unseen", Notice, "It has only IPv6 addresses, which this monitor cannot reach", "Add an A record: many clients have no IPv6 either. The operator of this monitor could give it IPv6.",
		func(e Evidence) (string, bool) { return addresses(e.Names), e.beyondUs() }},
	{"ipv4-only", Notice, "It has no IPv6 address", "Add an AAAA record once the port is open on IPv6; some mobile networks have little else.",
		func(e Evidence) (string, bool) {
			return "", e.Names != nil && len(e.Names.A) > 0 && len(e.Names.AAAA) == 0
		}},
	{"needs-login", Notice, "It serves only who signs in", "If strangers should read, let REQ pass without AUTH; else say so: limitation.auth_required and a description for newcomers.",
		func(e Evidence) (string, bool) {
			return e.why(document.Read), e.State == "authonly" || e.Login != nil && e.Login.ToRead
		}},
	{"read-refused", Broken, "It opens, and refuses to be read", "Answer REQ of strangers, or close it with auth-required: or restricted: and a reason that people understand.", readRefused},
	{"no-eose", Broken, "It opens, and does not finish an answer", "Send EOSE after the stored events of every REQ, also when there are none.",
		func(e Evidence) (string, bool) {
			why := e.why(document.Read)
			return why, e.opened() && (why == string(relay.ClassTimeout) || why == string(relay.ClassFlood) || why == string(relay.ClassDisconnect))
		}},
	{"no-nostr", Broken, "It opens, and what it sends is not Nostr", "Serve NIP-01 at this URL: each message one array of JSON, no larger than 1 MiB.",
		func(e Evidence) (string, bool) {
			why := e.why(document.Read)
			return why, e.opened() && (why == string(relay.ClassMalformed) || why == string(relay.ClassTooLarge))
		}},
	{"only-monitors", Faulty, "It answers monitors and turns readers away", "A request for one event is answered and one for a page is not: raise the limits for strangers, or say in NIP-11 who may read.",
		func(e Evidence) (string, bool) {
			return e.Barred, e.Checks[document.Read].OK && e.Synced && e.Barred != ""
		}},
	{"only-we-fail", Notice, "Other monitors reach it and we do not", "Perhaps this monitor's address is blocked, or the way between is broken: compare from both sides.",
		func(e Evidence) (string, bool) {
			return fmt.Sprintf("%d other monitors", e.Seen), e.Seen >= agreed && (e.State == "down" || e.State == "dead" || e.State == "blocked")
		}},
	{"slow", Faulty, "It answers slowly", "Look at the disk and the query plan of the newest events; from far away, think of a second relay closer to its readers.", slow},
	{"restless", Faulty, "It comes and goes", "Look for restarts: memory, watchdogs, certificates that are renewed by stopping the server.",
		func(e Evidence) (string, bool) {
			return fmt.Sprintf("%d changes in a week", e.Changes), e.Changes >= restless
		}},
	{"twin-url", Notice, "Another URL serves the same relay", "Choose one URL for lists and NIP-65, and say in NIP-11 (self, icon, name) that both are one.",
		func(e Evidence) (string, bool) { return strings.Join(e.Twins, ", "), len(e.Twins) > 0 }},
}

// opens holds when connecting failed for this reason.
func opens(reason string) func(Evidence) (string, bool) {
	return func(e Evidence) (string, bool) {
		return e.Checks[document.Open].Text, e.why(document.Open) == reason && !e.beyondUs()
	}
}

// lost are the ways in which no connection of TCP comes about.
var lost = []relay.Class{relay.ClassRefused, relay.ClassUnreachable, relay.ClassTimeout}

// beyondUs says that the relay is to be reached over IPv6 alone and that the vantage could not try: that says nothing of it.
func (e Evidence) beyondUs() bool {
	return e.why(document.Open) != "" && e.why(document.IPv6) == "not_measured"
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" && w != "not_open" {
			return w
		}
	}
	return ""
}

// refusals are answers to the upgrade that turn us away.
var refusals = []string{"upgrade_401", "upgrade_403", "upgrade_429"}

// notUpgraded holds for answers of HTTP that are neither a refusal of us nor a failure of the server.
func notUpgraded(e Evidence) (string, bool) {
	why := e.why(document.Open)
	other := slices.Contains(refusals, why) || strings.HasPrefix(why, "upgrade_5")
	return why, strings.HasPrefix(why, string(relay.ClassUpgrade)) && !other
}

func readRefused(e Evidence) (string, bool) {
	why := e.why(document.Read)
	said := strings.HasPrefix(why, string(relay.ClassClosed)) || strings.HasPrefix(why, string(relay.ClassNotice))
	login := e.State == "authonly" || strings.HasSuffix(why, "auth_required")
	return first(e.Checks[document.Read].Text, why), e.opened() && said && !login && e.State != "blocked"
}

func slow(e Evidence) (string, bool) {
	open, read := e.Checks[document.Open], e.Checks[document.Read]
	detail := fmt.Sprintf("open in %s, first frame in %s", open.RTT, read.RTT)
	return detail, e.URL.Network() == relay.Clearnet && (open.OK && open.RTT >= slowOpen || read.OK && read.RTT >= slowRead)
}

func addresses(n *document.NameRecords) string {
	if n == nil {
		return ""
	}
	var all []string
	for _, a := range n.AAAA {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}
