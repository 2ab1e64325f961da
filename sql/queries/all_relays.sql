-- Relays that come after a URL.
-- $1 text: URL  $2 integer: at most so many
SELECT r.url, r.network, r.accepted_at, c.found_at
FROM relay r LEFT JOIN candidate c USING (url)
WHERE r.url > $1::text COLLATE "C"
ORDER BY r.url
LIMIT $2::integer
