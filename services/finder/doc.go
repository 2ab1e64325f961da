// Package finder answers the question which relays exist. It is the only way in: whatever names a relay URL ends on FOUND,
// and the finder's intake decides what becomes of it.
//
// Consumes: FOUND (consumer intake), EVENTS (consumer finder), requests on brotr.svc.relay.add, HTTP lists, and the
// archive where it asks which URLs are known.
//
// Publishes: candidates on INGEST, tasks of the job validate, refused lines on brotr.dead.found, and on FOUND what it
// finds itself: brotr.relay.found.list from HTTP lists; .nip65, .contacts, .kind2, .nip66, .list and .hint from stored
// events; .nip05 from the domains that profiles name.
//
// Guarantees:
//
//   - An acknowledged message has left no line behind: each is a candidate with a task, or known already, or refused with
//     a reason. The order is candidate on disk, then task, then ack, so a crash repeats work. Repeating is harmless: the
//     writer merges candidates, and a task that exists is not published again.
//   - A known URL is never validated out of turn. Only where it was found is noted, unless it was given up more than 30
//     days ago: then it gets a new chance.
//   - Strangers cannot flood the system: at most FINDER_MAX_PER_DOMAIN new URLs per registrable domain (or /24, or /48)
//     and FINDER_MAX_PER_DAY in all, per day (UTC). The seed (brotr.relay.found.seed) and people, who publish on
//     brotr.relay.found itself, are exempt from the cap per domain, and have a daily allowance of the same size to
//     themselves. Every other name below brotr.relay.found is a source in which strangers write: events and lists. A
//     refusal by a cap is not remembered: the URL may come again tomorrow.
//   - A refused line is a message on brotr.dead.found with line, reason and source; at most 100 for one message, and then
//     one that counts the rest. What a cap refuses of strangers, for whom nobody waits, is only counted.
//   - Each stored event is read once, and a relay that a thousand events name goes out once, as far as memory reaches.
//   - One monitor is not enough: a relay that kinds 30166 and 10166 name goes out when the 30166 of two keys named it within a
//     week.
//   - A backfill notes its place when what the events before it name is acknowledged. It asks no domain.
//   - A domain is asked once a week for its nostr.json, one domain a second, with no redirect followed.
//   - The day's counts and the cooldown of each list are kept on the bus, after what they count is acknowledged.
//
// An overlay relay becomes a candidate and a task like any other; the validator parks it while its network is off.
//
// Settings: FINDER_…, and the shared <NET>_…, RELAY_… and VANTAGE.
//
//	finder.go     New and Run
//	config.go     settings
//	intake.go     messages of FOUND: read, decide, acknowledge
//	decide.go     what becomes of each URL, and in which order it is carried out
//	handover.go   candidates to the writer, tasks to the validator
//	optout.go     the copy of the opt-outs on the bus
//	caps.go       how many new URLs a day may bring
//	dead.go       refused lines
//	add.go        brotr.svc.relay.add: the same decision, answered at once
//	sources.go    the list file of HTTP lists
//	lists.go      fetching them: cooldown, conditional requests, back-off
//	select.go     a list's URLs out of its JSON
//	scan.go       relays named by stored events
//	backfill.go   the same for the whole archive, once
//	monitors.go   relays that other monitors name, and how many must
//	nip05.go      addresses in profiles, and nostr.json
//	domains.go    asking domains, each once a week
//	recent.go     a bounded memory of what was dealt with
//	metrics.go    counters
package finder
