-- Takes an opt-out away.
-- $1 text: pattern
DELETE FROM optout WHERE pattern = $1 RETURNING pattern
