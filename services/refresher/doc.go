// Package refresher keeps the archive's counters and cleans up behind it.
//
// Consumes nothing and publishes nothing: it works on Postgres, as the role bigbrotr_refresher, which can change counters and
// remove what was meant to be temporary, and nothing that is archived. Any number of replicas may run: a lease lets one of
// them work at a time. Nothing depends on the lease; two that work at once count everything once.
//
// Each job runs by itself at its own pace. One that fails is tried again at its next turn, later and later, and stops no other;
// when each ended well the last time is a metric, a row of table maintenance, and a line of bigbrotr status.
//
//	counters     adds up what writing transactions left in event_delta and sighting_delta
//	windows      events and authors of the last hour, day, week and month
//	sketches     distinct authors of each network, merged from those of its relays
//	replication  how many relays serve each event, and what one serves alone, in blocks of events that changed
//	claims       software and NIPs that relays claim, from documents that changed
//	partitions   months of relay_check, three ahead
//	retention    old checks, parts of pages, quarantine, as the settings say; what turns refused, added up after a week
//	orphans      documents that nothing refers to
//
// Guarantees: a crash at any point repeats work and counts nothing twice.
//
// Settings: REFRESH_INTERVAL, RETENTION_CHECKS, RETENTION_PARTS, RETENTION_QUARANTINE.
//
//	config.go     settings
//	refresher.go  New, Run: the lease and the pace of jobs
//	jobs.go       the table of jobs       metrics.go  what they say of themselves
package refresher
