-- Moves the staged events into the archive, in key order, and returns those that were not there.
INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, raw, tag_hashes, d_hash, expires_at, protected)
SELECT id, pubkey, created_at, kind, tags, content, sig, raw, tag_hashes, d_hash, expires_at, protected
FROM stage_event_2
ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id, event_no
