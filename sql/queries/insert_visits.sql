-- Stores the last turn of each job at each relay, in key order, unless a later one is there.
-- $1 integer[]: relays  $2 text[]: jobs  $3 text[]: vantages  $4 bigint[]: started at  $5 bigint[]: ended at
-- $6 text[]: outcomes  $7 text[]: reasons, null = none  $8 bigint[]: next at, null = none  $9 integer[]: requests
-- $10 integer[]: pages  $11 bigint[]: new events  $12 bigint[]: known events  $13 bigint[]: bytes
-- $14 text[]: JSON of events refused by reason  $15 bigint[]: late events  $16 bigint[]: missing events
-- $17 bigint[]: live events
INSERT INTO visit AS v (relay_no, job, vantage, started_at, ended_at, outcome, reason, next_at, requests, pages,
                        new_events, known_events, bytes, rejected, late_events, missing_events, live_events)
SELECT i.relay_no, i.job, i.vantage, i.started_at, i.ended_at, i.outcome, i.reason, i.next_at, i.requests, i.pages,
       i.new_events, i.known_events, i.bytes, i.rejected::jsonb, i.late_events, i.missing_events, i.live_events
FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
            $9::integer[], $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::bigint[],
            $16::bigint[], $17::bigint[])
  AS i (relay_no, job, vantage, started_at, ended_at, outcome, reason, next_at, requests, pages, new_events,
        known_events, bytes, rejected, late_events, missing_events, live_events)
ORDER BY i.relay_no, i.job COLLATE "C"
ON CONFLICT (relay_no, job) DO UPDATE
SET vantage = excluded.vantage, started_at = excluded.started_at, ended_at = excluded.ended_at,
    outcome = excluded.outcome, reason = excluded.reason, next_at = excluded.next_at, requests = excluded.requests,
    pages = excluded.pages, new_events = excluded.new_events, known_events = excluded.known_events,
    bytes = excluded.bytes, rejected = excluded.rejected, late_events = excluded.late_events,
    missing_events = excluded.missing_events, live_events = excluded.live_events
WHERE (v.ended_at, v.started_at) < (excluded.ended_at, excluded.started_at)
