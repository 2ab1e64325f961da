-- Records an operator's act.
-- $1 bytea: target  $2 text: event or author  $3 text: reason  $4 text: by whom  $5 bigint: now
INSERT INTO takedown (target, cause, reason, entered_by, entered_at) VALUES ($1, $2, $3, $4, $5)
