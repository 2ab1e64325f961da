-- Relays whose last check from any vantage could read, and their next turn.
SELECT r.url, 0, v.next_at
FROM relay r
LEFT JOIN visit v ON v.relay_no = r.relay_no AND v.job = 'sync'
WHERE EXISTS (
  SELECT FROM relay_state s
  JOIN relay_check c ON c.relay_no = s.relay_no AND c.vantage = s.vantage AND c.checked_at = s.checked_at
  WHERE s.relay_no = r.relay_no AND c.check_name = 'read' AND c.ok)
