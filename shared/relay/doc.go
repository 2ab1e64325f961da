// Package relay owns everything that speaks Nostr over a socket, and what a relay is called: the canonical URL, its
// network, the reading of found URLs, the guarded dialer, the connection, the questions and live subscriptions on it, and
// the relay's information document.
//
// It does not know events beyond their raw bytes (shared/event checks them), keeps no list of relays, and decides no
// schedule.
//
// It promises that no address is dialled which a stranger could have pointed at us: names are resolved once, every
// answer must be globally routable, and the address is checked again just before the connection; overlay names go to
// their proxy unresolved or nowhere. Everything a relay sends is bounded in bytes, frames and time, and is read only
// while somebody waits for it. The functions of one connection never run in parallel. Every failure is an *Error with a
// class; an empty answer is one that ended with EOSE. A proof of who we are (NIP-42) names the relay that was dialled and
// no other.
//
// Files, names of relays: url.go, parser.go, host.go, path.go (canonical URL), network.go (overlay names), found.go,
// split.go, eventurls.go, entity.go (URLs in messages and events). Files, sockets: guard.go (reserved addresses),
// deny.go (opt-outs), dialer.go, resolve.go, race.go, admit.go, proxy.go (connecting), conn.go (an open connection),
// listen.go (its reader), allowance.go (what it puts up with), frame.go (WebSocket frames), question.go (what all
// questions share), query.go, live.go, publish.go, login.go, probe.go, count.go, negotiate.go, ping.go (asking), info.go, claims.go,
// http.go, speakfirst.go (NIP-11 and lists over HTTP), tidy.go (words of strangers),
// error.go (classes of failure).
package relay
