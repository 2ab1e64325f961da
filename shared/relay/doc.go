// Package relay owns everything that speaks Nostr over a socket, and what a relay is called: the canonical URL, its
// network, the reading of found URLs, the guarded dialer, the connection, the query and the relay's information document.
//
// It does not know events beyond their raw bytes (shared/event checks them), keeps no list of relays, and decides no
// schedule.
//
// It promises that no address is dialled which a stranger could have pointed at us: names are resolved once, every
// answer must be globally routable, and the address is checked again just before the connection; overlay names go to
// their proxy unresolved or nowhere. Everything a relay sends is bounded in bytes, frames and time, and is read only
// while the caller pulls. Every failure is an *Error with a class; an empty answer is one that ended with EOSE.
//
// Files, names of relays: url.go, parser.go, host.go, path.go (canonical URL), network.go (overlay names), found.go,
// split.go, eventurls.go, entity.go (URLs in messages and events). Files, sockets: guard.go (reserved addresses),
// deny.go (opt-outs), dialer.go, resolve.go, race.go, proxy.go (connecting), conn.go, watch.go, frame.go (WebSocket frames), query.go,
// publish.go, probe.go (asking), info.go, http.go, speakfirst.go (NIP-11 and lists over HTTP), error.go (classes of failure).
package relay
