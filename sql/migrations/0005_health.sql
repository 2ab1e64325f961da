-- +goose Up
-- How relays fared over time. A row of relay_transition says what rounds saw from a time on, and until when that may be
-- taken to have lasted: a new one begins when the state changes, when a round fails or answers again, when our own
-- vantage fails, and after a time in which nobody looked. So history costs a row per change, not a row per round, and
-- uptime is a sum over spans.

CREATE TABLE relay_transition (
  relay_no   integer NOT NULL,
  vantage    text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  at         bigint NOT NULL,
  state      text COLLATE "C" NOT NULL CHECK (state IN ('up', 'down', 'blocked', 'authonly', 'dead', 'degraded')),
  failing    boolean NOT NULL,
  reason     text COLLATE "C" CHECK (octet_length(reason) <= 64),
  seen_at    bigint NOT NULL,
  seen_until bigint NOT NULL,
  PRIMARY KEY (relay_no, vantage, at)
);
COMMENT ON TABLE relay_transition IS 'What rounds of checks saw of each relay, a row per change.';
COMMENT ON COLUMN relay_transition.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_transition.vantage IS 'Where it was seen from.';
COMMENT ON COLUMN relay_transition.at IS 'Time of the round that saw it first.';
COMMENT ON COLUMN relay_transition.state IS 'State of the relay from then on; degraded = our own vantage was at fault and nothing is known.';
COMMENT ON COLUMN relay_transition.failing IS 'Whether the rounds failed: a state outlasts failures for a while, uptime does not.';
COMMENT ON COLUMN relay_transition.reason IS 'Why it is not up, a bounded token.';
COMMENT ON COLUMN relay_transition.seen_at IS 'Time of the last round that saw it.';
COMMENT ON COLUMN relay_transition.seen_until IS 'Until when it holds unless another row follows: twice the time that was to pass before the next round.';

ALTER TABLE relay_check ADD COLUMN degraded boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN relay_check.degraded IS 'Our canaries failed at that time: the outcome says nothing of the relay.';

CREATE OR REPLACE VIEW relay_checks AS
  SELECT r.url AS relay, c.vantage, c.checked_at, c.check_name, c.ok, c.rtt_ms, c.reason, c.text,
         c.dns_ms, c.tcp_ms, c.tls_ms, c.upgrade_ms, c.value, c.degraded
  FROM relay_check c JOIN relay r USING (relay_no);

CREATE VIEW relay_transitions AS
  SELECT r.url AS relay, t.vantage, t.at, coalesce(b.state, 'never checked') AS from_state, t.state AS to_state, t.reason
  FROM relay_transition t
  JOIN relay r USING (relay_no)
  LEFT JOIN LATERAL (
    SELECT p.state FROM relay_transition p
    WHERE p.relay_no = t.relay_no AND p.vantage = t.vantage AND p.at < t.at ORDER BY p.at DESC LIMIT 1
  ) AS b ON true
  WHERE t.state IS DISTINCT FROM b.state;
COMMENT ON VIEW relay_transitions IS 'Changes of relays'' states; degraded = our own vantage was at fault.';

-- relay_spans cuts the history into spans that do not overlap. What lies between two spans is unknown.
-- +goose StatementBegin
CREATE FUNCTION relay_spans(until_time bigint)
RETURNS TABLE (relay_no integer, vantage text, state text, failing boolean, since bigint, until bigint)
LANGUAGE sql STABLE AS $$
  SELECT t.relay_no, t.vantage, t.state, t.failing, t.at,
         least(t.seen_until, until_time, (
           SELECT n.at FROM relay_transition n
           WHERE n.relay_no = t.relay_no AND n.vantage = t.vantage AND n.at > t.at ORDER BY n.at LIMIT 1))
  FROM relay_transition t
  WHERE t.at < until_time
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION relay_spans IS 'What was seen of each relay, as spans without overlap, up to a time in unix seconds.';

-- relay_uptimes is the definition of uptime: the share of the time in which rounds were answered (up, authonly) in the
-- time of which that is known. Not known is when nobody looked, when our vantage was degraded, and when the relay turned
-- us away: then it works for others or it does not, we cannot tell.
-- +goose StatementBegin
CREATE FUNCTION relay_uptimes(until_time bigint)
RETURNS TABLE (relay_no integer, vantage text,
               up_24h bigint, known_24h bigint, up_7d bigint, known_7d bigint,
               up_30d bigint, known_30d bigint, up_90d bigint, known_90d bigint)
LANGUAGE sql STABLE AS $$
  SELECT s.relay_no, s.vantage,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 86400), 0)) FILTER (WHERE s.works), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 86400), 0)), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 7 * 86400), 0)) FILTER (WHERE s.works), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 7 * 86400), 0)), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 30 * 86400), 0)) FILTER (WHERE s.works), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 30 * 86400), 0)), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 90 * 86400), 0)) FILTER (WHERE s.works), 0)::bigint,
         coalesce(sum(greatest(s.until - greatest(s.since, until_time - 90 * 86400), 0)), 0)::bigint
  FROM (SELECT p.*, NOT p.failing AND p.state IN ('up', 'authonly') AS works FROM relay_spans(until_time) AS p
        WHERE p.until > until_time - 90 * 86400 AND (p.failing OR p.state IN ('up', 'authonly', 'down', 'dead'))) AS s
  GROUP BY s.relay_no, s.vantage
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION relay_uptimes IS 'Seconds in which each relay worked, and of which it is known, in the 24 hours, 7, 30 and 90 days before a time.';

CREATE VIEW relay_uptime AS
  SELECT r.url AS relay, u.vantage,
         u.up_24h::float8 / nullif(u.known_24h, 0) AS uptime_24h, u.up_7d::float8 / nullif(u.known_7d, 0) AS uptime_7d,
         u.up_30d::float8 / nullif(u.known_30d, 0) AS uptime_30d, u.up_90d::float8 / nullif(u.known_90d, 0) AS uptime_90d,
         u.known_24h, u.known_7d, u.known_30d, u.known_90d
  FROM relay_uptimes(extract(epoch FROM now())::bigint) AS u JOIN relay r USING (relay_no);
COMMENT ON VIEW relay_uptime IS 'Share of the known time in which each relay worked, null = nothing is known, and that time in seconds.';

-- relay_days is what the 90 days up to a time were like. Of a day that nobody saw there is no row.
-- +goose StatementBegin
CREATE FUNCTION relay_days(until_time bigint)
RETURNS TABLE (relay_no integer, vantage text, day date, worst text, up_seconds bigint, known_seconds bigint)
LANGUAGE sql STABLE AS $$
  SELECT s.relay_no, s.vantage, date '1970-01-01' + d.no::integer,
         CASE max(CASE s.state WHEN 'dead' THEN 5 WHEN 'down' THEN 4 WHEN 'blocked' THEN 3 WHEN 'authonly' THEN 2 WHEN 'up' THEN 1 ELSE 0 END)
           WHEN 5 THEN 'dead' WHEN 4 THEN 'down' WHEN 3 THEN 'blocked' WHEN 2 THEN 'authonly' WHEN 1 THEN 'up' ELSE 'degraded' END,
         coalesce(sum(least(s.until, (d.no + 1) * 86400) - greatest(s.since, d.no * 86400))
           FILTER (WHERE NOT s.failing AND s.state IN ('up', 'authonly')), 0)::bigint,
         coalesce(sum(least(s.until, (d.no + 1) * 86400) - greatest(s.since, d.no * 86400))
           FILTER (WHERE s.failing OR s.state IN ('up', 'authonly', 'down', 'dead')), 0)::bigint
  FROM relay_spans(until_time) AS s
  CROSS JOIN LATERAL generate_series(greatest(s.since / 86400, until_time / 86400 - 89), (s.until - 1) / 86400) AS d (no)
  WHERE s.until > s.since
  GROUP BY s.relay_no, s.vantage, d.no
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION relay_days IS 'The worst state of each of the 90 days (UTC) up to a time, and how long the relay worked of the time that is known.';

-- drop_check_partitions is for the owner: maintenance calls it.
-- +goose StatementBegin
CREATE FUNCTION drop_check_partitions(before bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  part record;
  dropped integer := 0;
BEGIN
  FOR part IN
    SELECT c.oid::regclass AS name
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'relay_check'::regclass AND c.relname ~ '^relay_check_[0-9]{6}$'
      AND extract(epoch FROM to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::bigint <= before
    ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE %s', part.name);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM relay_check_other WHERE checked_at < before;
  RETURN dropped;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION drop_check_partitions IS 'Drops the months of relay_check that end before a time in unix seconds; returns how many there were.';

GRANT SELECT ON relay_transition, relay_transitions, relay_uptime TO bigbrotr_writer, bigbrotr_reader;
GRANT INSERT, UPDATE ON relay_transition TO bigbrotr_writer;
