-- States of relays in the order of URL and vantage, those that come after one.
-- $1 text: URL  $2 text: vantage  $3 integer: at most so many
SELECT r.url, s.vantage, s.state, s.state_since, s.failures, s.failing_since, s.checked_at, s.next_check_at
FROM relay r JOIN relay_state s USING (relay_no)
WHERE r.url >= $1::text COLLATE "C" AND (r.url, s.vantage) > ($1::text COLLATE "C", $2::text COLLATE "C")
ORDER BY r.url, s.vantage
LIMIT $3::integer
