-- Checks of an interval in the order of their key, those that come after one.
-- $1 bigint: since  $2 bigint: until, both ends included  $3 integer: relay  $4 text: vantage  $5 bigint: checked at
-- $6 text: check  $7 integer: at most so many
SELECT k.relay_no, r.url, k.vantage, k.checked_at, k.check_name, k.ok, k.rtt_ms, k.reason, k.text,
       k.dns_ms, k.tcp_ms, k.tls_ms, k.upgrade_ms, k.value, k.degraded
FROM relay_check k JOIN relay r USING (relay_no)
WHERE k.checked_at BETWEEN $1::bigint AND $2::bigint
  AND (k.relay_no, k.vantage, k.checked_at, k.check_name) > ($3::integer, $4::text COLLATE "C", $5::bigint, $6::text COLLATE "C")
ORDER BY k.relay_no, k.vantage, k.checked_at, k.check_name
LIMIT $7::integer
