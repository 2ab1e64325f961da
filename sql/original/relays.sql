-- Relays of the original that come after a URL.
-- $1 text: URL  $2 integer: at most so many
SELECT url::text, discovered_at::bigint FROM relay WHERE url > $1::text ORDER BY url LIMIT $2::integer
