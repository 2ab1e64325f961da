-- Histories of states in the order of URL, vantage and time, those rows that come after one.
-- $1 text: URL  $2 text: vantage  $3 bigint: at  $4 integer: at most so many
SELECT r.url, t.vantage, t.at, t.state, t.failing, t.reason, t.seen_at, t.seen_until
FROM relay r JOIN relay_transition t USING (relay_no)
WHERE r.url >= $1::text COLLATE "C" AND (r.url, t.vantage, t.at) > ($1::text COLLATE "C", $2::text COLLATE "C", $3::bigint)
ORDER BY r.url, t.vantage, t.at
LIMIT $4::integer
