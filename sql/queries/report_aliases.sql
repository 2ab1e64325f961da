-- Other URLs that may be the same relay, and why: what the view relay_aliases says of one relay, without comparing all others with
-- each other. Documents are read only where a key or a fingerprint of the relay's own stands in their bytes. The + 0 keeps Postgres
-- from reading every sighting of a relay, of which there are millions, to find those of the newest events.
-- $1 text: relay URL
WITH me AS MATERIALIZED (
  SELECT relay_no, substring(url FROM '^wss?://(\[[^]]*\]|[^/:]*)') AS host FROM relay WHERE url = $1
), newest AS MATERIALIZED (
  SELECT DISTINCT ON (h.type) h.type, h.document_no
  FROM me JOIN relay_document h USING (relay_no) WHERE h.type IN ('nip11', 'nip11_answer', 'tls')
  ORDER BY h.type, h.last_seen DESC, h.first_seen DESC
), mine AS MATERIALIZED (
  SELECT n.type, convert_from(d.body, 'UTF8')::jsonb AS says FROM newest n JOIN document d USING (document_no) WHERE n.type <> 'nip11'
), marks AS MATERIALIZED (
  SELECT 'self' AS evidence, type, says #>> '{claims,self}' AS detail, says #>> '{claims,self}' AS word
  FROM mine WHERE type = 'nip11_answer' AND says #>> '{claims,self}' ~ '^[0-9a-f]{64}$'
  UNION ALL
  SELECT 'operator', type, jsonb_build_array(says #> '{claims,software}', says #> '{claims,pubkey}', says #> '{claims,name}')::text, says #>> '{claims,pubkey}'
  FROM mine WHERE type = 'nip11_answer' AND says #>> '{claims,pubkey}' ~ '^[0-9a-f]{64}$' AND says #>> '{claims,software}' <> '' AND says #>> '{claims,name}' <> ''
  UNION ALL
  SELECT 'certificate', type, says ->> 'sha256', says ->> 'sha256' FROM mine WHERE type = 'tls' AND says ->> 'sha256' <> ''
), holding AS MATERIALIZED (
  SELECT m.evidence, m.type, m.detail, d.document_no FROM marks m JOIN document d ON position(convert_to(m.word, 'UTF8') IN d.body) > 0
  UNION ALL
  SELECT 'document', n.type, encode(d.sha256, 'hex'), n.document_no FROM newest n JOIN document d USING (document_no) WHERE n.type = 'nip11'
), held AS MATERIALIZED (
  SELECT DISTINCT w.evidence, w.detail, w.document_no, h.relay_no
  FROM holding w JOIN relay_document h ON h.document_no = w.document_no AND h.type = w.type
  WHERE h.document_no = ANY (ARRAY(SELECT document_no FROM holding))
    AND NOT EXISTS (SELECT FROM relay_document n WHERE n.relay_no = h.relay_no AND n.type = h.type AND (n.last_seen, n.first_seen) > (h.last_seen, h.first_seen))
), same AS (
  SELECT evidence, detail, relay_no FROM held JOIN document d USING (document_no)
  WHERE CASE evidence
    WHEN 'document' THEN true
    WHEN 'self' THEN convert_from(d.body, 'UTF8')::jsonb #>> '{claims,self}' = detail
    WHEN 'certificate' THEN convert_from(d.body, 'UTF8')::jsonb ->> 'sha256' = detail
    ELSE jsonb_build_array(convert_from(d.body, 'UTF8')::jsonb #> '{claims,software}', convert_from(d.body, 'UTF8')::jsonb #> '{claims,pubkey}',
                           convert_from(d.body, 'UTF8')::jsonb #> '{claims,name}')::text = detail
  END
  UNION ALL
  SELECT 'host', me.host, r.relay_no
  FROM me, unnest(ARRAY['ws://', 'wss://']) AS scheme, relay r -- ; comes after the / and : that may follow a host
  WHERE r.url >= scheme || me.host COLLATE "C" AND r.url < scheme || me.host || ';' COLLATE "C" AND substring(r.url FROM '^wss?://(\[[^]]*\]|[^/:]*)') = me.host
), telling AS (
  SELECT * FROM (SELECT s.*, count(*) OVER (PARTITION BY evidence) AS relays FROM same s) AS counted WHERE relays BETWEEN 2 AND 10
), newer AS MATERIALIZED (
  SELECT max(event_no) - 20000 AS than FROM event
), own AS MATERIALIZED (
  SELECT s.event_no FROM newer, me, sighting s WHERE s.relay_no + 0 = me.relay_no AND s.event_no > newer.than
), beside AS MATERIALIZED (
  SELECT * FROM (SELECT s.event_no, s.relay_no, count(*) OVER (PARTITION BY s.event_no) AS relays FROM own JOIN sighting s USING (event_no)) AS counted WHERE relays <= 20
), near AS MATERIALIZED (
  SELECT relay_no, count(*) AS common FROM beside GROUP BY relay_no
  HAVING count(*) >= 50 AND count(*) * 100 >= (SELECT count(DISTINCT event_no) FROM beside) * 95
  ORDER BY common DESC LIMIT 20
), served AS (
  SELECT n.relay_no, n.common, (
    SELECT count(*) FROM newer, sighting s WHERE s.relay_no + 0 = n.relay_no AND s.event_no > newer.than
      AND (SELECT count(*) FROM sighting o WHERE o.event_no = s.event_no) <= 20) AS n
  FROM near n
), pairs AS (
  SELECT relay_no, evidence, CASE evidence WHEN 'operator' THEN encode(sha256(convert_to(detail, 'UTF8')), 'hex') ELSE detail END AS detail FROM telling
  UNION ALL
  SELECT o.relay_no, 'events', o.common || ' of ' || greatest(m.n, o.n)
  FROM me JOIN served m USING (relay_no), served o
  WHERE o.common * 100 >= greatest(m.n, o.n) * 95
)
SELECT r.url, p.evidence, p.detail FROM pairs p JOIN relay r USING (relay_no), me
WHERE r.relay_no <> me.relay_no ORDER BY r.url, p.evidence LIMIT 100
