-- Every relay, its failures in a row and its next check from a vantage. One that was never checked counts as one that failed:
-- nothing says yet that it answers here, and it holds up nobody then.
-- $1 text: vantage
SELECT r.url, coalesce(s.failures, 1), s.next_check_at
FROM relay r LEFT JOIN relay_state s ON s.relay_no = r.relay_no AND s.vantage = $1
