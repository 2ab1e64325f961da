-- Enters what an operator takes down, or enters it again; what it reaches is due.
-- $1 bytea: target  $2 text: event or author  $3 bigint: now
INSERT INTO tombstone (target, cause, until, entered_at)
VALUES ($1, $2, 9223372036854775807, $3)
ON CONFLICT (target, cause) DO UPDATE SET erased_at = NULL
