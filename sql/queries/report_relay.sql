-- What is known of a relay or candidate as a whole. Sightings, and those of them that are missing, are counted in a sample
-- of at most 10,000 pages of the table; the last column is the part of the table that the sample is, in per cent.
-- $1 text: relay URL
SELECT coalesce(r.url, c.url), coalesce(r.network, c.network), r.token, r.accepted_at, c.found_at, c.tries, c.reason,
       c.next_try_at, c.given_up_at, s.sightings, s.missing,
       least(100, 8192e6 / greatest(pg_relation_size('sighting'), 1))::float8
FROM (VALUES ($1::text)) AS i (url)
LEFT JOIN relay r ON r.url = i.url
LEFT JOIN candidate c ON c.url = i.url
CROSS JOIN LATERAL (
  SELECT count(*) AS sightings, count(missing_since) AS missing
  FROM sighting TABLESAMPLE SYSTEM (least(100, 8192e6 / greatest(pg_relation_size('sighting'), 1)))
  WHERE relay_no = r.relay_no
) AS s
WHERE r.url IS NOT NULL OR c.url IS NOT NULL
