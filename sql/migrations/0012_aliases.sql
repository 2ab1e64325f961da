-- +goose Up
-- relay_aliases names pairs of URLs that may be one relay, a row for each piece of evidence. It decides nothing. What more
-- than ten relays have in common is the mark of a host or of a default setting and no evidence.
CREATE VIEW relay_aliases AS
  WITH newest AS (
    SELECT DISTINCT ON (h.relay_no, h.type) h.relay_no, h.type, h.document_no
    FROM relay_document h WHERE h.type IN ('nip11', 'nip11_answer', 'tls')
    ORDER BY h.relay_no, h.type, h.last_seen DESC, h.first_seen DESC
  ), claims AS (
    SELECT n.relay_no, convert_from(d.body, 'UTF8')::jsonb -> 'claims' AS says
    FROM newest n JOIN document d USING (document_no) WHERE n.type = 'nip11_answer'
  ), marks AS (
    SELECT relay_no, 'self' AS evidence, says ->> 'self' AS detail FROM claims WHERE says ->> 'self' ~ '^[0-9a-f]{64}$'
    UNION ALL
    SELECT relay_no, 'operator', encode(sha256(convert_to(jsonb_build_array(says ->> 'software', says ->> 'pubkey', says ->> 'name')::text, 'UTF8')), 'hex')
    FROM claims WHERE says ->> 'pubkey' ~ '^[0-9a-f]{64}$' AND says ->> 'software' <> '' AND says ->> 'name' <> ''
    UNION ALL
    SELECT n.relay_no, 'document', encode(d.sha256, 'hex') FROM newest n JOIN document d USING (document_no) WHERE n.type = 'nip11'
    UNION ALL
    SELECT n.relay_no, 'certificate', convert_from(d.body, 'UTF8')::jsonb ->> 'sha256'
    FROM newest n JOIN document d USING (document_no) WHERE n.type = 'tls'
    UNION ALL
    SELECT relay_no, 'host', substring(url FROM '^wss?://(\[[^]]*\]|[^/:]*)') FROM relay
  ), telling AS (
    SELECT * FROM (SELECT m.*, count(*) OVER (PARTITION BY evidence, detail) AS relays FROM marks m WHERE detail <> '') AS counted
    WHERE relays BETWEEN 2 AND 10
  ), recent AS MATERIALIZED (
    SELECT * FROM (
      SELECT event_no, relay_no, count(*) OVER (PARTITION BY event_no) AS relays
      FROM sighting WHERE event_no > (SELECT max(event_no) FROM event) - 20000
    ) AS counted WHERE relays <= 20
  ), served AS (
    SELECT relay_no, count(*) AS n FROM recent GROUP BY relay_no HAVING count(*) >= 50
  ), both_served AS (
    SELECT a.relay_no, b.relay_no AS other, count(*) AS common, max(greatest(sa.n, sb.n)) AS most
    FROM recent a JOIN recent b ON b.event_no = a.event_no AND b.relay_no <> a.relay_no
    JOIN served sa ON sa.relay_no = a.relay_no JOIN served sb ON sb.relay_no = b.relay_no
    GROUP BY a.relay_no, b.relay_no
  ), pairs AS (
    SELECT a.relay_no, b.relay_no AS other, a.evidence, a.detail
    FROM telling a JOIN telling b ON b.evidence = a.evidence AND b.detail = a.detail AND b.relay_no <> a.relay_no
    UNION ALL
    SELECT relay_no, other, 'events', common || ' of ' || most FROM both_served WHERE common * 100 >= most * 95
  )
  SELECT r.url AS relay, o.url AS alias, p.evidence, p.detail
  FROM pairs p JOIN relay r ON r.relay_no = p.relay_no JOIN relay o ON o.relay_no = p.other;
COMMENT ON VIEW relay_aliases IS 'Pairs of relay URLs that may be one relay, with the evidence; nothing is merged.';

GRANT SELECT ON relay_aliases TO bigbrotr_writer, bigbrotr_reader;
