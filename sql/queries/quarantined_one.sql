-- One row of quarantine with its bytes.
-- $1 bigint: its number
SELECT quarantine_no, sha256, reason, relay, quarantined_at, octet_length(raw), raw FROM quarantine WHERE quarantine_no = $1
