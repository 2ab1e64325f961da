-- The state of a relay from every vantage.
-- $1 text: relay URL
SELECT s.vantage, s.state, s.state_since, s.failures, s.failing_since, s.checked_at, s.next_check_at
FROM relay_state s JOIN relay r USING (relay_no)
WHERE r.url = $1
ORDER BY s.vantage
