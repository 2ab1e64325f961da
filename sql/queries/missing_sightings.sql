-- Of what complete answers lacked, the sightings that may be marked missing: inside the answer's interval, older than
-- the question, not expired (NIP-40), not deleted by their author (NIP-09), not at relays that hide events.
-- $1 bytea[]: ids  $2 integer[]: relays  $3 bigint[]: since  $4 bigint[]: until  $5 integer[]: asked at
-- $6 integer[]: missing since
SELECT s.event_no, s.relay_no, min(i.asked_at), min(i.missing_since)
FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[])
  AS i (id, relay_no, since, until, asked_at, missing_since)
JOIN event e ON e.id = i.id
JOIN sighting s ON s.event_no = e.event_no AND s.relay_no = i.relay_no
WHERE e.created_at BETWEEN i.since AND i.until
  AND s.first_seen < i.asked_at AND s.last_seen < i.asked_at
  AND (s.missing_since IS NULL OR s.missing_since > i.missing_since)
  AND NOT EXISTS (SELECT FROM manners m WHERE m.relay_no = i.relay_no AND m.hides)
  AND (e.expires_at IS NULL OR e.expires_at > i.missing_since)
  AND NOT EXISTS (SELECT FROM deletion d WHERE d.id = e.id AND d.pubkey = e.pubkey AND e.kind NOT IN (5, 62))
  AND NOT EXISTS (SELECT FROM address_deletion d WHERE d.pubkey = e.pubkey AND d.kind = e.kind
                  AND d.d_hash = coalesce(e.d_hash, 0) AND d.deleted_at >= e.created_at)
GROUP BY s.event_no, s.relay_no
