-- Every relay and its next check, the earliest of all vantages.
SELECT r.url, 0, min(s.next_check_at)
FROM relay r LEFT JOIN relay_state s USING (relay_no)
GROUP BY r.url
