-- Each count of a network, with what is not folded yet, beside a recount of the sightings; all of one snapshot. A sighting
-- that is not folded counts if no other of its network did: what the fold will find, less the bit that says "counted".
WITH waiting AS (
  SELECT DISTINCT r.network, u.event_no
  FROM sighting_delta d, unnest(d.events, d.relays) AS u (event_no, relay_no) JOIN relay r USING (relay_no)
)
SELECT format('network %s', network), sum(counted)::bigint, sum(found)::bigint
FROM (
  SELECT network, events AS counted, 0::bigint AS found FROM network_count
  UNION ALL
  SELECT w.network,
         EXISTS (SELECT FROM sighting s JOIN relay r USING (relay_no) WHERE s.event_no = w.event_no AND r.network = w.network)::integer
         - coalesce(get_bit(n.bits, (w.event_no % 8192)::integer), 0), 0
  FROM waiting w LEFT JOIN network_event n ON n.network = w.network AND n.block = w.event_no / 8192
  UNION ALL
  SELECT r.network, 0, count(DISTINCT s.event_no) FROM sighting s JOIN relay r USING (relay_no) GROUP BY 1
) AS c
GROUP BY network
