-- The worst state of each of the last 90 days of a relay from every vantage, oldest first.
-- $1 text: relay URL  $2 bigint: now
SELECT d.vantage, d.day, d.worst, d.up_seconds, d.known_seconds
FROM relay_days($2) AS d
WHERE d.relay_no = (SELECT relay_no FROM relay WHERE url = $1)
ORDER BY d.vantage, d.day
