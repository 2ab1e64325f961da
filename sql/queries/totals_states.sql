-- Relays by network and state; a relay that was never checked counts as such, one that several vantages see counts once per
-- vantage.
SELECT r.network, coalesce(s.state, 'unchecked'), count(*)
FROM relay r LEFT JOIN relay_state s USING (relay_no)
GROUP BY 1, 2
ORDER BY 1, 2
