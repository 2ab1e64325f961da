-- The last round of checks of a relay from every vantage; one row of nulls for a relay without any, none for no relay.
-- $1 text: relay URL
SELECT t.vantage, max(t.seen_at)
FROM relay r LEFT JOIN relay_transition t USING (relay_no)
WHERE r.url = $1
GROUP BY t.vantage
