-- The newest relay discovery event (NIP-66) of each monitor about a relay, at most 100, the newest first. The hashes are
-- of its d tag in every form; whoever asks looks at the tags themselves. A key that we ever published with is none of
-- another's, whatever the vantage.
-- $1 bigint[]: hashes
SELECT pubkey, created_at, tags::text
FROM (SELECT DISTINCT ON (pubkey) pubkey, created_at, tags
      FROM events
      WHERE kind = 30166 AND tag_hashes && $1
        AND NOT EXISTS (SELECT FROM publication p WHERE p.pubkey = events.pubkey)
      ORDER BY pubkey, created_at DESC, id) AS newest
ORDER BY created_at DESC
LIMIT 100
