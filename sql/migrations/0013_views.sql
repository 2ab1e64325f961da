-- +goose Up
-- Views for people who write SQL: what is newest of what replaces itself, what is missing of each relay, and what was seen
-- of each relay last.
COMMENT ON COLUMN sighting.first_seen IS 'When the relay was first seen to serve it; only an import may move it, back.';

CREATE VIEW events_replaceable_latest AS
  SELECT DISTINCT ON (pubkey, kind) event_no, id, pubkey, created_at, kind, tags, content, sig
  FROM events
  WHERE kind IN (0, 3) OR kind BETWEEN 10000 AND 19999
  ORDER BY pubkey, kind, created_at DESC, id;
COMMENT ON VIEW events_replaceable_latest IS 'Replaceable events that count: of each author and kind the newest, of several of that second the lowest id (NIP-01).';

CREATE VIEW events_addressable_latest AS
  SELECT DISTINCT ON (v.pubkey, v.kind, e.d_hash) v.event_no, v.id, v.pubkey, v.created_at, v.kind, e.d_hash, v.tags, v.content, v.sig
  FROM events v JOIN event e USING (event_no)
  WHERE v.kind BETWEEN 30000 AND 39999
  ORDER BY v.pubkey, v.kind, e.d_hash, v.created_at DESC, v.id;
COMMENT ON VIEW events_addressable_latest IS 'Addressable events that count: of each author, kind and d tag (d_hash = tag_hash(''d'', its value)) the newest, then the lowest id.';

CREATE VIEW relay_latest AS
  SELECT r.url, r.network, s.vantage, coalesce(s.state, 'never checked') AS state, s.state_since, s.checked_at,
         k.rtt_open, k.rtt_read, k.rtt_write, c.software, c.version, c.nips
  FROM relay r
  LEFT JOIN relay_state s USING (relay_no)
  LEFT JOIN relay_claim c USING (relay_no)
  LEFT JOIN LATERAL (
    SELECT max(q.rtt_ms) FILTER (WHERE q.check_name = 'open') AS rtt_open, max(q.rtt_ms) FILTER (WHERE q.check_name = 'read') AS rtt_read,
           max(q.rtt_ms) FILTER (WHERE q.check_name = 'write') AS rtt_write
    FROM relay_check q WHERE q.relay_no = s.relay_no AND q.vantage = s.vantage AND q.checked_at = s.checked_at
  ) k ON true;
COMMENT ON VIEW relay_latest IS 'Each relay as the last round of checks of each vantage saw it, and what it claims.';

-- The time in which Nostr existed, up to now: what coverage is a share of.
CREATE VIEW relay_holes AS
  SELECT c.relay, c.filter, lower(h.hole) AS since, upper(h.hole) - 1 AS until
  FROM relay_coverage c,
       unnest(int8multirange(int8range(1604188800, extract(epoch FROM now())::bigint)) - c.covered) AS h (hole);
COMMENT ON VIEW relay_holes IS 'What is not proven of each relay, both ends included, from 1 November 2020, before the first event, until now.';

CREATE VIEW coverage_ratios AS
  WITH share AS (
    SELECT r.url, r.network, coalesce((
      SELECT sum(upper(p.part) - lower(p.part))
      FROM relay_coverage c, unnest(c.covered * int8multirange(int8range(1604188800, extract(epoch FROM now())::bigint))) AS p (part)
      WHERE c.relay = r.url AND c.filter = '{}'), 0) / (extract(epoch FROM now())::bigint - 1604188800) AS ratio
    FROM relay r)
  SELECT url AS relay, network, avg(ratio)::float8 AS ratio FROM share GROUP BY GROUPING SETS ((url, network), (network), ());
COMMENT ON VIEW coverage_ratios IS 'Share of the time since 1 November 2020 that is proven: of each relay, of each network (relay is null) and over all (both are).';

GRANT SELECT ON events_replaceable_latest, events_addressable_latest, relay_latest, relay_holes, coverage_ratios TO bigbrotr_writer, bigbrotr_reader;
GRANT SELECT ON events_replaceable_latest, events_addressable_latest TO bigbrotr_researcher;
