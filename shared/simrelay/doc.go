// Package simrelay is a Nostr network on one machine: real local WebSocket relays whose bad manners are switches, a
// generated world of really signed events, and a ledger of what each relay served.
//
// It owns the relay side of NIP-01, 11, 42, 45, 67 and 77 as far as a client can see it. It does not own the client side
// (shared/relay), nor what an event is (shared/event). The demo and the tests use the same relays, so nothing here
// knows about testing.
//
// Promises: a relay listens on loopback only, unless it is told otherwise; the same names and seeds give the same answers; Stop returns when every
// goroutine is gone; the ledger knows of an answer before the client can have read its EOSE.
//
// The manners, each a field of Manners:
//
//	pages      Cap DefaultLimit AboveCapAnswer HiddenShare        answers shorter than what exists, or as long
//	           IgnoreLimit
//	order      Order Ties                                         oldest first, random, any order within a second
//	bounds     UntilExclusive SinceExclusive IgnoreSince          the time window is not the one that was asked
//	           IgnoreUntil Times32
//	content    Duplicates OutsideFilter Forge Garbage GiantFrame  events twice, unasked, forged; frames that are none
//	           NewlineFrames, AddRaw
//	pace       Delay FrameDelay                                   slow answers, slow frames
//	endings    LoseEOSEEvery LoseEOSEOnReuse EndlessStream        no EOSE, no end, no connection
//	           FinishHint HintLies DropMidAnswerEvery DropAfter
//	           DropEveryRequests EmptyEvery EmptyAfter EarlyEOSE
//	           EarlyEOSEPause CutAfter
//	refusals   AuthOnConnect AuthOnly AuthRestricted NoticeOnly   AUTH, NOTICE, CLOSED instead of an answer
//	           ClosedPrefix RefuseEvery EmptyClosedEvery
//	           RateLimitAfter RateWindow RateNotice MaxSubs
//	           MaxMessage MaxLimit MaxSpan MaxList MaxFilters NeedsNames
//	           RejectWrites
//	counts     LieCount RefuseCount                               COUNT says a wrong number, or nothing
//	sets       Negentropy NegentropyMax NegentropyNewest          reconciliation: refused, of the newest alone, with ids
//	           NegentropyLies NegentropyFrame NegentropyFalsely   left out or made up, or only promised
//	transport  Dead NIP11 NIP11Status NIP11Type NIP11Redirect     not a relay at all; a strange information document
//	           NIPs NoCORS Server PoweredBy, WithTLS
//	search     Search                                             NIP-50, in the content alone
//
// Files:
//
//	manners.go   the switches              relay.go         New, Start, Stop
//	item.go      one event on one relay    store.go         the events of one relay
//	server.go    HTTP and the upgrade      query.go         from filters to a page
//	session.go   one connection            wire.go          corked writes
//	request.go   REQ, CLOSE, COUNT         refuse.go        reasons not to answer
//	serve.go     stored events and EOSE    extras.go        frames that nobody asked for
//	live.go      what comes after EOSE     subscription.go  one open REQ
//	publish.go   EVENT and AUTH            window.go        requests per period
//	negentropy.go  NEG-OPEN, NEG-MSG, NEG-CLOSE
//	info.go      NIP-11                    dead.go          addresses that are no relay
//	authority.go certificates, good and bad
//	address.go   ports that stay free
//	ledger.go    what was served           truth.go         what an archive must hold in the end
//	world.go     authors and times         place.go         which relay has which event
//	kinds.go     what events say           text.go          in which words
//	demo.go      the network of the demo   craft.go         events that no honest program makes
//	overlay.go   a proxy that leads names of Tor, I2P and Lokinet to relays
package simrelay
