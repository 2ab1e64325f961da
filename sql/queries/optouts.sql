-- Every opt-out, by its pattern.
SELECT pattern, reason, added_at FROM optout ORDER BY pattern
