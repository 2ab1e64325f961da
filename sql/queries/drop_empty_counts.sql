-- Forgets counts that came down to nothing.
-- $1 bytea[]: authors whose counts changed
WITH authors AS (DELETE FROM author_count WHERE pubkey = ANY ($1::bytea[]) AND events = 0),
     relays AS (DELETE FROM relay_count WHERE events = 0),
     networks AS (DELETE FROM network_count WHERE events = 0)
DELETE FROM kind_count WHERE events = 0
