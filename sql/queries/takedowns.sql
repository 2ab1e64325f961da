-- Every act of an operator, oldest first, and when what it reached had been erased.
SELECT k.target, k.cause, k.reason, k.entered_by, k.entered_at, t.erased_at
FROM takedown k LEFT JOIN tombstone t USING (target, cause)
ORDER BY k.takedown_no
