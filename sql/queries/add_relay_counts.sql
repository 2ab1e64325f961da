-- Adds to the counts of relays and kinds.
-- $1 integer[]: relays  $2 integer[]: kinds  $3 bigint[]: events, negative where they were removed
-- $4 bigint[]: earliest seen  $5 bigint[]: latest first seen
INSERT INTO relay_count (relay_no, kind, events, first_seen, last_new)
SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[])
ON CONFLICT (relay_no, kind) DO UPDATE SET events = relay_count.events + excluded.events,
  first_seen = least(relay_count.first_seen, excluded.first_seen), last_new = greatest(relay_count.last_new, excluded.last_new)
