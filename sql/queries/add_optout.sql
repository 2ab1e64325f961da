-- Adds an opt-out; one that is there keeps its reason and time.
-- $1 text: pattern  $2 text: reason  $3 bigint: now
INSERT INTO optout (pattern, reason, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING pattern
