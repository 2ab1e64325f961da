-- Notes that all that a tombstone reaches was erased, unless it reaches further by now.
-- $1 bytea: target  $2 text: cause  $3 bigint: until  $4 bigint: now
UPDATE tombstone SET erased_at = $4 WHERE target = $1 AND cause = $2 AND until = $3
