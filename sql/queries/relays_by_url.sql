-- Numbers of the relays that are there.
-- $1 text[]: relay URLs
SELECT url, relay_no FROM relay WHERE url = ANY ($1)
