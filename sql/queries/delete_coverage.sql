-- Forgets what was proven of a relay, so that its history is walked again. Needs the owner of the schema.
-- $1 text: relay URL
DELETE FROM coverage c USING relay r WHERE r.relay_no = c.relay_no AND r.url = $1
