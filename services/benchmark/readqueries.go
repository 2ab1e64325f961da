package benchmark

import (
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// readQuery is a question that readers put to the archive: what is to stand behind an endpoint of the API, what a view
// promises, or what a command or a service asks.
type readQuery struct {
	name    string
	behind  string // who asks
	text    string // with parameters $1, $2, …
	args    func(measure.Parameters) []any
	bounded string // what bounds it when it may take longer than readLimit; empty = it may not
}

// shown are the columns of an event that is sent to somebody.
const shown = "SELECT id, pubkey, created_at, kind, tags_text, content, sig FROM "

// newestFirst is the order and the page of every list of events: its cursor is a place in (created_at, id). The time alone
// stands there once more, because indexes that begin with a kind or an author hold no id.
const newestFirst = " AND created_at <= $1 AND (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 1000"

// tagBound is what a page of a common tag reads: the index of tags knows no order.
const tagBound = "all events of the tag, or all events since the page's last, whichever the planner takes for fewer"

// readQueries are what the archive must answer with as many events as it may have. Parameters are the worst that an archive
// offers: the relay and the author with most events, the commonest tag, all of time, pages far from the first.
var readQueries = slices.Concat(eventQueries, relayQueries, statsQueries, serviceQueries)

func nothing(measure.Parameters) []any { return nil }

func theRelay(x measure.Parameters) []any { return []any{x.Relay} }

// statement is a question that package store asks, with its own text.
func statement(name, behind string, args func(measure.Parameters) []any) readQuery {
	return readQuery{name: name, behind: behind, text: sql.Query(name), args: args}
}

var eventQueries = []readQuery{
	{name: "event by id", behind: "GET /v1/events/{id}", text: shown + "events WHERE id = $1",
		args: func(x measure.Parameters) []any { return []any{x.ID} }},
	{name: "event that is not there", behind: "GET /v1/events/{id}", text: shown + "events WHERE id = $1",
		args: func(x measure.Parameters) []any { return []any{x.Unknown} }},
	{name: "500 events by id", behind: "REQ with ids", text: shown + "events WHERE id = ANY ($1)",
		args: func(x measure.Parameters) []any { return []any{x.IDs} }},
	{name: "relays of an event", behind: "GET /v1/events/{id}/relays",
		text: "SELECT relay, first_seen, last_seen, missing_since FROM sightings WHERE id = $1 ORDER BY first_seen, relay",
		args: func(x measure.Parameters) []any { return []any{x.ID} }},
	{name: "newest events", behind: "GET /v1/events", text: shown + "events WHERE true" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown} }},
	{name: "newest events, deep page", behind: "GET /v1/events?cursor=", text: shown + "events WHERE true" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.Deep, x.Unknown} }},
	{name: "kind 1 of all time", behind: "GET /v1/events?kind=1", text: shown + "events WHERE kind = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, 1} }},
	{name: "kind 1, deep page", behind: "GET /v1/events?kind=1&cursor=", text: shown + "events WHERE kind = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.Deep, x.Unknown, 1} }},
	{name: "a kind that nobody uses", behind: "GET /v1/events?kind=60000", text: shown + "events WHERE kind = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, 60000} }},
	{name: "kinds 0, 1, 3 and 7", behind: "REQ with kinds", text: shown + "events WHERE kind = ANY ($3)" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, []int32{0, 1, 3, 7}} }},
	{name: "events of an author", behind: "GET /v1/events?author=", text: shown + "events WHERE pubkey = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, x.Author} }},
	{name: "events of an author, deep page", behind: "GET /v1/events?author=&cursor=", text: shown + "events WHERE pubkey = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.Deep, x.Unknown, x.Author} }},
	{name: "kind 1 of an author", behind: "GET /v1/events?author=&kind=1",
		text: shown + "events WHERE pubkey = $3 AND kind = $4" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, x.Author, 1} }},
	{name: "unknown author", behind: "GET /v1/events?author=", text: shown + "events WHERE pubkey = $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, x.Unknown} }},
	{name: "feed of 500 authors", behind: "REQ with authors and kinds", bounded: "500 authors × 100 events",
		text: "SELECT e.* FROM unnest($2::bytea[]) AS a (pubkey) CROSS JOIN LATERAL (" + shown +
			"events v WHERE v.pubkey = a.pubkey AND created_at <= $1 ORDER BY created_at DESC LIMIT 100) AS e ORDER BY created_at DESC, id DESC LIMIT 100",
		args: func(x measure.Parameters) []any { return []any{x.End, x.Authors} }},
	{name: "events with a tag", behind: "GET /v1/events?t=", bounded: tagBound, text: shown + "events_by_tag($3, $4) WHERE true" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, x.Letter, x.Value} }},
	{name: "events with a tag, deep page", behind: "GET /v1/events?t=&cursor=", bounded: tagBound, text: shown + "events_by_tag($3, $4) WHERE true" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.Deep, x.Unknown, x.Letter, x.Value} }},
	{name: "kind 7 with a tag", behind: "GET /v1/events?kind=7&t=", bounded: tagBound, text: shown + "events_by_tag($3, $4) WHERE kind = 7" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, x.Letter, x.Value} }},
	{name: "a tag that nobody uses", behind: "GET /v1/events?t=", text: shown + "events_by_tag($3, $4) WHERE true" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.End, x.Unknown, "t", "nobody-uses-this"} }},
	{name: "newest profile of an author", behind: "GET /v1/authors/{pubkey}",
		text: "SELECT content FROM events_replaceable_latest WHERE pubkey = $1 AND kind = 0 LIMIT 1",
		args: func(x measure.Parameters) []any { return []any{x.Author} }},
	{name: "newest version of an address", behind: "GET /v1/events?a=",
		text: "SELECT content FROM events_addressable_latest WHERE pubkey = $1 AND kind = 30023 AND d_hash = $2 LIMIT 1",
		args: func(x measure.Parameters) []any { return []any{x.Author, x.DHash} }},
	{name: "an hour of events", behind: "GET /v1/events?since=&until=", text: shown + "events WHERE created_at >= $3" + newestFirst,
		args: func(x measure.Parameters) []any { return []any{x.Deep, x.Unknown, x.Deep - 3600} }},
}

var relayQueries = []readQuery{
	{name: "relays that are up", behind: "GET /v1/relays?state=up",
		text: "SELECT url, network, state, checked_at FROM relays WHERE state = 'up' AND url > $1 ORDER BY url LIMIT 1000",
		args: func(measure.Parameters) []any { return []any{""} }},
	{name: "relays by NIP", behind: "GET /v1/relays?nip=50&view=full",
		text: "SELECT * FROM relay_latest WHERE state = 'up' AND 50 = ANY (nips) ORDER BY url LIMIT 1000", args: nothing},
	{name: "relays by answer time", behind: "GET /v1/relays?sort=rtt",
		text: "SELECT url, rtt_read FROM relay_latest WHERE state = 'up' ORDER BY rtt_read, url LIMIT 1000", args: nothing},
	{name: "relays by events", behind: "GET /v1/relays?sort=events", text: "SELECT * FROM relay_stats ORDER BY events DESC, relay LIMIT 1000", args: nothing,
		bounded: "all relays and their last round of checks"},
	{name: "relays by uptime", behind: "GET /v1/relays?sort=uptime", text: "SELECT * FROM relay_uptime ORDER BY uptime_30d DESC NULLS LAST, relay LIMIT 1000", args: nothing,
		bounded: "90 days of spans of all relays"},
	{name: "a relay's statistics", behind: "GET /v1/relays/{url}", text: "SELECT * FROM relay_stats WHERE relay = $1", args: theRelay},
	{name: "a relay's last round", behind: "GET /v1/relays/{url}", text: "SELECT * FROM relay_latest WHERE url = $1", args: theRelay},
	{name: "a relay's checks", behind: "GET /v1/relays/{url}/checks",
		text: "SELECT * FROM relay_checks WHERE relay = $1 AND checked_at <= $2 ORDER BY checked_at DESC, vantage, check_name LIMIT 1000",
		args: func(x measure.Parameters) []any { return []any{x.Relay, x.Now} }},
	{name: "a relay's days", behind: "GET /v1/relays/{url}/history",
		text: "SELECT d.* FROM relay_days($2) AS d WHERE d.relay_no = (SELECT relay_no FROM relay WHERE url = $1) ORDER BY day",
		args: func(x measure.Parameters) []any { return []any{x.Relay, x.Now} }},
	{name: "a relay's kinds", behind: "GET /v1/relays/{url}/kinds", text: "SELECT kind, events FROM relay_kind_counts WHERE relay = $1 ORDER BY events DESC, kind", args: theRelay},
	{name: "a relay's documents as of a day", behind: "GET /v1/relays/{url}/documents/{type}?as_of=",
		text: "SELECT * FROM relay_documents WHERE relay = $1 AND type = 'nip11' AND first_seen <= $2 ORDER BY first_seen DESC LIMIT 1",
		args: func(x measure.Parameters) []any { return []any{x.Relay, x.Now - 30*86400} }},
	{name: "a relay's holes", behind: "GET /v1/relays/{url}/coverage", text: "SELECT since, until FROM relay_holes WHERE relay = $1 AND filter = '{}' ORDER BY since DESC LIMIT 1000", args: theRelay},
	{name: "what one relay has and another has not", behind: "GET /v1/relays/{url}/diff/{other}", bounded: "the newest 20,000 events",
		text: `SELECT s.event_no FROM sighting s
WHERE s.relay_no = $1 AND s.event_no > (SELECT max(event_no) FROM event) - 20000
  AND NOT EXISTS (SELECT FROM sighting o WHERE o.event_no = s.event_no AND o.relay_no = $2) ORDER BY s.event_no DESC LIMIT 1000`,
		args: func(x measure.Parameters) []any { return []any{x.RelayNo, x.OtherNo} }},
	{name: "relays of a kind", behind: "GET /v1/kinds/{k}/relays", text: "SELECT relay, events FROM relay_kind_counts WHERE kind = 1 ORDER BY events DESC, relay LIMIT 1000", args: nothing},
	{name: "failed candidates", behind: "GET /v1/candidates?state=failed", text: sql.Query("candidates"),
		args: func(measure.Parameters) []any { return []any{"failed", nil, nil, nil, nil, 1000, nil, nil} }},
	statement("report_relay", "relay show", theRelay).within("10,000 pages of sighting"),
	statement("report_states", "relay show", theRelay),
	statement("report_checks", "relay show", theRelay),
	statement("report_visits", "relay show", theRelay),
	statement("report_coverage", "relay show", theRelay),
	statement("report_rejects", "relay show, GET /v1/relays/{url}", theRelay),
	statement("report_aliases", "relay show", theRelay).within("all newest documents, sightings of the newest 20,000 events"),
	statement("newest_documents", "relay show", theRelay),
	statement("twins", "relay show", theRelay),
	statement("history", "relay history, GET /v1/relays/{url}/documents/{type}", func(x measure.Parameters) []any { return []any{x.Relay, "nip11", 100} }),
	statement("transitions", "relay history", func(x measure.Parameters) []any { return []any{x.Relay, 1000} }),
	statement("uptimes", "relay history, badge", func(x measure.Parameters) []any { return []any{x.Relay, x.Now} }),
}

// within says what bounds a question that may take longer.
func (q readQuery) within(bound string) readQuery {
	q.bounded = bound
	return q
}

var statsQueries = []readQuery{
	statement("totals", "GET /v1/stats, status", nothing),
	statement("totals_states", "GET /v1/networks, status", nothing),
	{name: "windows", behind: "GET /v1/stats", text: "SELECT * FROM window_counts", args: nothing},
	{name: "replication", behind: "GET /v1/stats", text: "SELECT * FROM replication_factors ORDER BY relays", args: nothing},
	{name: "a year of days", behind: "GET /v1/stats/daily", text: "SELECT * FROM day_counts WHERE day > to_timestamp($1)::date - 366 ORDER BY day",
		args: func(x measure.Parameters) []any { return []any{x.End} }},
	{name: "kinds", behind: "GET /v1/kinds", text: "SELECT * FROM kind_counts ORDER BY events DESC, kind LIMIT 1000", args: nothing},
	{name: "kind classes", behind: "GET /v1/stats", text: "SELECT * FROM kind_class_counts", args: nothing},
	{name: "networks", behind: "GET /v1/networks", text: "SELECT * FROM network_counts", args: nothing},
	{name: "NIPs", behind: "GET /v1/nips", text: "SELECT * FROM supported_nip_counts ORDER BY relays DESC, nip", args: nothing},
	{name: "software", behind: "GET /v1/software", text: "SELECT * FROM relay_software_counts ORDER BY relays DESC, software, version LIMIT 1000", args: nothing},
	{name: "coverage of all", behind: "GET /v1/stats", text: "SELECT * FROM coverage_ratios WHERE relay IS NULL", args: nothing, bounded: "the coverage of all relays"},
	{name: "an author's count", behind: "GET /v1/authors/{pubkey}", text: "SELECT events FROM author_counts WHERE pubkey = $1",
		args: func(x measure.Parameters) []any { return []any{x.Author} }},
	{name: "busiest authors", behind: "GET /v1/authors?sort=events", text: "SELECT pubkey, events FROM author_counts ORDER BY events DESC, pubkey LIMIT 1000", args: nothing},
}

// window is a part of the archive that services ask about at a time: an hour, in the middle.
func window(x measure.Parameters) (since, until int64) { return x.Deep - 3600, x.Deep }

var serviceQueries = []readQuery{
	statement("event_numbers", "writer, of 500 events", func(x measure.Parameters) []any { return []any{x.IDs} }),
	statement("signatures", "synchronizer, of 500 events", func(x measure.Parameters) []any { return []any{x.IDs} }),
	statement("held", "synchronizer, an hour of the largest relay", func(x measure.Parameters) []any {
		since, until := window(x)
		return []any{x.RelayNo, since, until, []int32{}, [][]byte{}, 10_000}
	}),
	statement("latest_tags", "publisher, alerter", func(x measure.Parameters) []any { return []any{x.Author, 10002} }),
	statement("sightings_of", "export, of 500 events", func(x measure.Parameters) []any { return []any{x.Numbers} }),
	statement("shown_events_by_time", "export jsonl, 1,000 events", func(x measure.Parameters) []any {
		return []any{x.Deep, x.Unknown, 0, x.End, [][]byte{}, [][]byte{}, []int32{}, 1000, 0}
	}),
	{name: "shown_events_by_time, one relay", behind: "export jsonl --relay, 1,000 events", text: sql.Query("shown_events_by_time"),
		args: func(x measure.Parameters) []any {
			return []any{x.Deep, x.Unknown, 0, x.End, [][]byte{}, [][]byte{}, []int32{}, 1000, x.RelayNo}
		}},
	{name: "shown_events_by_time, one author", behind: "export jsonl --author, 1,000 events", text: sql.Query("shown_events_by_time"),
		args: func(x measure.Parameters) []any {
			return []any{x.Deep, x.Unknown, 0, x.End, [][]byte{}, [][]byte{x.Author}, []int32{}, 1000, 0}
		}},
	statement("events_by_arrival", "replay, 1,000 events", func(x measure.Parameters) []any {
		return []any{x.Numbers[0], 0, x.End, [][]byte{}, [][]byte{}, []int32{}, 1000}
	}),
	statement("all_relays", "export parquet", func(measure.Parameters) []any { return []any{"", 5000} }),
	statement("quarantined", "quarantine ls", func(measure.Parameters) []any { return []any{0, "", 100} }),
	statement("takedowns", "takedown ls", nothing),
	statement("last_visit", "synchronizer", func(x measure.Parameters) []any { return []any{x.Relay, "sync"} }),
	statement("jobs_done", "status", nothing),
	statement("event_interval", "export parquet, an hour", func(x measure.Parameters) []any {
		since, until := window(x)
		return []any{since, until}
	}),
}
