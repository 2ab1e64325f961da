-- What is in quarantine from a number on, without its bytes.
-- $1 bigint: first number  $2 text: relay URL, empty = all  $3 integer: at most so many
SELECT quarantine_no, sha256, reason, relay, quarantined_at, octet_length(raw), ''::bytea
FROM quarantine
WHERE quarantine_no >= $1 AND ($2 = '' OR relay = $2)
ORDER BY quarantine_no LIMIT $3
