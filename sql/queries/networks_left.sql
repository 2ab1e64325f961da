-- In which networks these events are served still.
-- $1 bigint[]: events
SELECT DISTINCT s.event_no::bigint, r.network
FROM sighting s JOIN relay r USING (relay_no)
WHERE s.event_no = ANY ($1::bigint[])
