-- The last checks of a relay from every vantage.
-- $1 text: relay URL
SELECT c.vantage, c.checked_at, c.check_name, c.ok, c.rtt_ms, c.reason, c.text,
       c.dns_ms, c.tcp_ms, c.tls_ms, c.upgrade_ms, c.value
FROM relay r
JOIN relay_state s USING (relay_no)
JOIN relay_check c ON c.relay_no = s.relay_no AND c.vantage = s.vantage AND c.checked_at = s.checked_at
WHERE r.url = $1
ORDER BY c.vantage, c.check_name
