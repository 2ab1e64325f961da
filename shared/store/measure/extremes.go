package measure

import (
	"bytes"
	"context"
	"time"
)

// Parameters are what questions to an archive are about. The comments say what Extremes puts there. Times are unix seconds.
type Parameters struct {
	Now           int64
	End           int64 // created_at of the newest event
	Deep          int64 // created_at in the middle of all events
	ID            []byte
	IDs           [][]byte // 500, from all over the archive
	Numbers       []int64  // theirs
	Unknown       []byte   // 32 bytes that are no event and no author
	Author        []byte   // who has most events
	Authors       [][]byte // the 500 who have most
	DHash         int64    // of an address of that author
	Letter, Value string   // the commonest tag of the newest 20,000 events
	Relay         string   // that serves most events
	RelayNo       int32
	OtherNo       int32 // the one after it
}

const deepEvent = "SELECT created_at FROM event WHERE event_no >= (SELECT max(event_no) / 2 FROM event) ORDER BY event_no LIMIT 1"

const someEvents = `SELECT event_no, id FROM event
WHERE event_no IN (SELECT (SELECT max(event_no) FROM event) * i / 500 FROM generate_series(1, 500) AS i) ORDER BY event_no`

const commonestTag = `SELECT t.tag ->> 0, t.tag ->> 1
FROM (SELECT tags FROM event WHERE event_no > (SELECT max(event_no) FROM event) - 20000) AS e, jsonb_array_elements(e.tags::jsonb) AS t (tag)
WHERE length(t.tag ->> 0) = 1 AND jsonb_array_length(t.tag) > 1
GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT 1`

// Extremes looks for the parameters with which questions cost most, and some that lead nowhere.
func (a *Archive) Extremes(ctx context.Context) (x Parameters, err error) {
	x.Now, x.Unknown = time.Now().Unix(), bytes.Repeat([]byte{0x77}, 32)
	ask := func(query string, targets ...any) {
		if err == nil {
			err = wrap("look for the largest", a.conn.QueryRow(ctx, query).Scan(targets...))
		}
	}
	ask("SELECT max(created_at) FROM event", &x.End)
	ask(deepEvent, &x.Deep)
	ask("SELECT array_agg(event_no), array_agg(id) FROM ("+someEvents+") AS e", &x.Numbers, &x.IDs)
	ask("SELECT array_agg(pubkey) FROM (SELECT pubkey FROM author_count ORDER BY events DESC LIMIT 500) AS a", &x.Authors)
	ask(commonestTag, &x.Letter, &x.Value)
	ask(`SELECT relay_no, url FROM relay JOIN (SELECT relay_no, sum(events) AS n FROM relay_count GROUP BY relay_no) AS c USING (relay_no)
		ORDER BY n DESC, relay_no LIMIT 1`, &x.RelayNo, &x.Relay)
	if err == nil {
		x.ID, x.Author, x.OtherNo = x.IDs[len(x.IDs)/2], x.Authors[0], x.RelayNo+1
	}
	return x, err
}
