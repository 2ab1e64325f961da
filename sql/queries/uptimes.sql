-- Seconds in which a relay worked, and of which it is known, from every vantage, in the time before now.
-- $1 text: relay URL  $2 bigint: now
SELECT u.vantage, u.up_24h, u.known_24h, u.up_7d, u.known_7d, u.up_30d, u.known_30d, u.up_90d, u.known_90d
FROM relay_uptimes($2) AS u
WHERE u.relay_no = (SELECT relay_no FROM relay WHERE url = $1)
ORDER BY u.vantage
