-- Each count of a relay and kind, with what is not folded yet, beside a recount of the sightings; all of one snapshot.
SELECT format('relay %s, kind %s', coalesce(r.url, c.relay_no::text), c.kind), c.counted, c.found
FROM (
  SELECT relay_no, kind, sum(counted)::bigint AS counted, sum(found)::bigint AS found
  FROM (
    SELECT relay_no, kind, events AS counted, 0::bigint AS found FROM relay_count
    UNION ALL
    SELECT u.relay_no, u.kind, d.sign, 0 FROM sighting_delta d, unnest(d.relays, d.kinds) AS u (relay_no, kind)
    UNION ALL
    SELECT s.relay_no, e.kind, 0, count(*) FROM sighting s JOIN event e USING (event_no) GROUP BY 1, 2
  ) AS each
  GROUP BY relay_no, kind
) AS c LEFT JOIN relay r USING (relay_no)
