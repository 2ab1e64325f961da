-- Which relays the original saw serve events, and when first.
-- $1 bytea[]: ids
SELECT event_id, relay_url::text, seen_at::bigint FROM event_relay WHERE event_id = ANY ($1::bytea[]) ORDER BY event_id, relay_url
