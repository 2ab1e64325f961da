// Package writer stores what the workers hand over: it is the only service that writes events, sightings, coverage,
// checks and relays to Postgres, and the only one that publishes facts about them.
//
// Consumes: INGEST, consumer writer; a fetch is written in transactions of at most WRITER_BATCH_EVENTS events, and two
// fetches are in work at once. They meet in Postgres as two writers would.
//
// Publishes, after the commit and before the ack: on EVENTS every event that is new (brotr.event.<kind>.<2 hex>.<pubkey>),
// but no NIP-70 event; on RELAYS brotr.relay.accepted.…, brotr.relay.<state>.… when a relay's state changed,
// brotr.relay.changed.… when a document of it changed, and brotr.check.… for every round of checks.
//
// Guarantees: commit before fact, fact before ack. A crash at any point repeats work: rows are the same afterwards, and
// facts of a message that came again are published again, so they are delivered at least once. No message is lost:
//
//	Postgres away      the batch in hand waits, nothing else is fetched, no message is nak'ed
//	its disk full      the same, until there is room
//	deadlock           the transaction is repeated up to five times, then the messages come again later
//	a value refused    the batch is halved down to the bad item, which goes to quarantine; all others are stored
//	our own mistake    the batch goes to DEAD and to quarantine with its exact bytes, loudly; the next one is tried
//	not a batch        the message goes to DEAD
//	a newer version    the message waits until the writer is upgraded
//	publish refused    the messages come again and their facts are published then
//
// The sweeper looks every five minutes, at start and after every reconnect for messages that the consumer passed over,
// applies and removes them, and makes the consumer anew when it stands ahead of its stream.
//
// Settings: WRITER_BATCH_EVENTS, WRITER_BATCH_WAIT, ARCHIVE_MODE, ARCHIVE_URL, RETENTION_RULES, SIGHTING_REFRESH.
//
//	config.go   settings
//	writer.go   New, Run, and what is done with one fetch
//	group.go    messages that share a transaction
//	apply.go    one transaction and the classes of its errors
//	publish.go  facts about events        facts.go   facts about relays, their JSON
//	sweep.go    the sweeper               metrics.go counters
package writer
