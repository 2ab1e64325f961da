-- The state of a relay from one vantage.
-- $1 text: relay URL  $2 text: vantage
SELECT s.state, s.state_since, s.failures, s.failing_since, s.checked_at
FROM relay_state s JOIN relay r USING (relay_no)
WHERE r.url = $1 AND s.vantage = $2
