-- +goose Up
-- Counters that are kept and not computed. Whoever adds or removes events and sightings leaves, in the same transaction, a
-- row that says which: triggers do it, so no way into the archive can forget it. Service refresher takes these rows away
-- and adds them up, in one transaction again. So a counter is the number of rows, as of the last fold, whatever was
-- delivered twice, killed or rolled back. Nobody updates a counter while writing: all writers would queue for it.

-- bigbrotr_refresher folds and cleans up. It cannot change what is archived.
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bigbrotr_refresher') THEN -- an owner need not be able to make roles
    CREATE ROLE bigbrotr_refresher LOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
-- +goose StatementEnd

CREATE TABLE event_delta (
  delta_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sign     smallint NOT NULL CHECK (sign IN (-1, 1)),
  events   bigint[] NOT NULL,
  kinds    integer[] NOT NULL,
  days     integer[] NOT NULL,
  authors  bytea[] NOT NULL
);
ALTER TABLE event_delta ALTER COLUMN authors SET STORAGE EXTERNAL; -- keys do not compress
COMMENT ON TABLE event_delta IS 'Events that were added or removed, a row per statement, until the refresher has counted them.';
COMMENT ON COLUMN event_delta.delta_no IS 'Number of the row.';
COMMENT ON COLUMN event_delta.sign IS '1 = added, -1 = removed.';
COMMENT ON COLUMN event_delta.events IS 'Their numbers.';
COMMENT ON COLUMN event_delta.kinds IS 'Their kinds, in the same order.';
COMMENT ON COLUMN event_delta.days IS 'The days of their created_at since 1970-01-01; what is later than 2106-02-06 counts as that day.';
COMMENT ON COLUMN event_delta.authors IS 'Their authors.';

CREATE TABLE sighting_delta (
  delta_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sign     smallint NOT NULL CHECK (sign IN (-1, 1)),
  events   bigint[] NOT NULL,
  relays   integer[] NOT NULL,
  kinds    integer[] NOT NULL,
  seen     integer[] NOT NULL
);
COMMENT ON TABLE sighting_delta IS 'Sightings that were added or removed, a row per statement, until the refresher has counted them.';
COMMENT ON COLUMN sighting_delta.delta_no IS 'Number of the row.';
COMMENT ON COLUMN sighting_delta.sign IS '1 = added, -1 = removed.';
COMMENT ON COLUMN sighting_delta.events IS 'The events that were seen.';
COMMENT ON COLUMN sighting_delta.relays IS 'On which relays, in the same order.';
COMMENT ON COLUMN sighting_delta.kinds IS 'Of which kinds they are.';
COMMENT ON COLUMN sighting_delta.seen IS 'When they were first seen there.';

-- +goose StatementBegin
DO $$
BEGIN
  ALTER TABLE event_delta ALTER COLUMN events SET COMPRESSION lz4, ALTER COLUMN kinds SET COMPRESSION lz4, ALTER COLUMN days SET COMPRESSION lz4;
  ALTER TABLE sighting_delta ALTER COLUMN events SET COMPRESSION lz4, ALTER COLUMN relays SET COMPRESSION lz4,
    ALTER COLUMN kinds SET COMPRESSION lz4, ALTER COLUMN seen SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL; -- a build without lz4 keeps pglz
END
$$;
CREATE FUNCTION note_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO event_delta (sign, events, kinds, days, authors)
  SELECT CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END,
         array_agg(event_no), array_agg(kind), array_agg(least(created_at / 86400, 49709)::integer), array_agg(pubkey)
  FROM (SELECT *, row_number() OVER () / 100000 AS part FROM changed) AS c
  GROUP BY part; -- an array has its limit
  RETURN NULL;
END
$$;
CREATE FUNCTION note_sightings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO sighting_delta (sign, events, relays, kinds, seen)
  SELECT CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END,
         array_agg(c.event_no), array_agg(c.relay_no), array_agg(e.kind), array_agg(c.first_seen)
  FROM (SELECT *, row_number() OVER () / 100000 AS part FROM changed) AS c JOIN event e ON e.event_no = c.event_no
  GROUP BY part;
  RETURN NULL;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION note_events IS 'Leaves in event_delta what a statement did to event.';
COMMENT ON FUNCTION note_sightings IS 'Leaves in sighting_delta what a statement did to sighting. Sightings are removed before their events.';
CREATE TRIGGER events_added AFTER INSERT ON event REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_events();
CREATE TRIGGER events_removed AFTER DELETE ON event REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_events();
CREATE TRIGGER sightings_added AFTER INSERT ON sighting REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_sightings();
CREATE TRIGGER sightings_removed AFTER DELETE ON sighting REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_sightings();
-- What is archived already: its first fold counts it.
INSERT INTO event_delta (sign, events, kinds, days, authors)
SELECT 1, array_agg(event_no), array_agg(kind), array_agg(least(created_at / 86400, 49709)::integer), array_agg(pubkey)
FROM event GROUP BY event_no / 5000;
INSERT INTO sighting_delta (sign, events, relays, kinds, seen)
SELECT 1, array_agg(s.event_no), array_agg(s.relay_no), array_agg(e.kind), array_agg(s.first_seen)
FROM sighting s JOIN event e ON e.event_no = s.event_no GROUP BY s.event_no / 5000;

CREATE TABLE kind_count (
  kind   integer NOT NULL,
  day    integer NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (kind, day)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX kind_count_day ON kind_count (day);
COMMENT ON TABLE kind_count IS 'Events by kind and day.';
COMMENT ON COLUMN kind_count.kind IS 'The kind.';
COMMENT ON COLUMN kind_count.day IS 'Day of created_at (UTC), in days since 1970-01-01.';
COMMENT ON COLUMN kind_count.events IS 'How many.';

CREATE TABLE relay_count (
  relay_no   integer NOT NULL,
  kind       integer NOT NULL,
  events     bigint NOT NULL,
  first_seen bigint NOT NULL,
  last_new   bigint NOT NULL,
  PRIMARY KEY (relay_no, kind)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE relay_count IS 'Events by relay and kind.';
COMMENT ON COLUMN relay_count.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_count.kind IS 'The kind.';
COMMENT ON COLUMN relay_count.events IS 'How many events of the kind the relay was seen to serve.';
COMMENT ON COLUMN relay_count.first_seen IS 'When it was first seen to serve one.';
COMMENT ON COLUMN relay_count.last_new IS 'When it was last seen to serve one that it had not served before.';

CREATE TABLE network_count (
  network text COLLATE "C" PRIMARY KEY,
  events  bigint NOT NULL
);
COMMENT ON TABLE network_count IS 'Events by network, each once in each network that serves it.';
COMMENT ON COLUMN network_count.network IS 'clearnet, tor, i2p or loki.';
COMMENT ON COLUMN network_count.events IS 'How many.';

CREATE TABLE network_event (
  network text COLLATE "C" NOT NULL,
  block   bigint NOT NULL,
  bits    bytea NOT NULL CHECK (octet_length(bits) = 1024),
  PRIMARY KEY (network, block)
);
COMMENT ON TABLE network_event IS 'Which events were counted in which network, a bit each.';
COMMENT ON COLUMN network_event.network IS 'The network.';
COMMENT ON COLUMN network_event.block IS 'event_no / 8192.';
COMMENT ON COLUMN network_event.bits IS 'Bit event_no % 8192 is set when the event was counted.';

CREATE TABLE author_count (
  pubkey bytea PRIMARY KEY CHECK (octet_length(pubkey) = 32),
  events bigint NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE author_count IS 'Events by author.';
COMMENT ON COLUMN author_count.pubkey IS 'The author.';
COMMENT ON COLUMN author_count.events IS 'How many.';

CREATE TABLE author_sketch (
  dimension text COLLATE "C" NOT NULL CHECK (dimension IN ('all', 'kind', 'day', 'relay', 'network')),
  key       text COLLATE "C" NOT NULL CHECK (octet_length(key) <= 16),
  authors   bigint NOT NULL,
  sketch    bytea NOT NULL,
  PRIMARY KEY (dimension, key)
);
COMMENT ON TABLE author_sketch IS 'Distinct authors, estimated by HyperLogLog sketches that can be merged: standard error 0.8 %. They only grow; a rebuild forgets removed authors.';
COMMENT ON COLUMN author_sketch.dimension IS 'What the authors are counted by: all, kind, day, relay or network.';
COMMENT ON COLUMN author_sketch.key IS 'Which of them: a kind, a day since 1970-01-01, a relay_no, a network; empty for all.';
COMMENT ON COLUMN author_sketch.authors IS 'The estimate.';
COMMENT ON COLUMN author_sketch.sketch IS 'The sketch (axiomhq/hyperloglog, precision 14, of the 32 bytes of the key).';

CREATE TABLE window_count (
  window_name text COLLATE "C" PRIMARY KEY,
  seconds     integer NOT NULL,
  events      bigint NOT NULL,
  authors     bigint NOT NULL,
  counted_at  bigint NOT NULL
);
COMMENT ON TABLE window_count IS 'Events by how long ago they were created, as of counted_at.';
COMMENT ON COLUMN window_count.window_name IS '1h, 24h, 7d or 30d.';
COMMENT ON COLUMN window_count.seconds IS 'Its length.';
COMMENT ON COLUMN window_count.events IS 'Events whose created_at is in it; none of the future.';
COMMENT ON COLUMN window_count.authors IS 'Their distinct authors: exact for 1h and 24h, estimated by whole days for the others.';
COMMENT ON COLUMN window_count.counted_at IS 'When it was counted.';

CREATE TABLE replication_count (
  relays     integer PRIMARY KEY,
  events     bigint NOT NULL,
  sampled    bigint NOT NULL,
  counted_at bigint NOT NULL
);
COMMENT ON TABLE replication_count IS 'How many relays serve an event, in a sample of the archive.';
COMMENT ON COLUMN replication_count.relays IS 'So many relays.';
COMMENT ON COLUMN replication_count.events IS 'So many events of the sample.';
COMMENT ON COLUMN replication_count.sampled IS 'Size of the sample: the whole archive up to 100,000 events.';
COMMENT ON COLUMN replication_count.counted_at IS 'When it was taken.';

CREATE TABLE relay_unique (
  relay_no     integer PRIMARY KEY,
  events       bigint NOT NULL,
  alone_events bigint NOT NULL
);
COMMENT ON TABLE relay_unique IS 'Of the sample of replication_count, what only one relay serves.';
COMMENT ON COLUMN relay_unique.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_unique.events IS 'Events of the sample that it serves.';
COMMENT ON COLUMN relay_unique.alone_events IS 'Those of them that no other relay serves.';

CREATE TABLE relay_claim (
  relay_no    integer PRIMARY KEY,
  document_no bigint NOT NULL,
  software    text COLLATE "C" NOT NULL CHECK (octet_length(software) <= 256),
  version     text COLLATE "C" NOT NULL CHECK (octet_length(version) <= 128),
  nips        integer[] NOT NULL
);
COMMENT ON TABLE relay_claim IS 'What the newest NIP-11 document of each relay claims, read tolerantly and cut.';
COMMENT ON COLUMN relay_claim.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_claim.document_no IS 'The document.';
COMMENT ON COLUMN relay_claim.software IS 'Its software; empty = it does not say.';
COMMENT ON COLUMN relay_claim.version IS 'Its version.';
COMMENT ON COLUMN relay_claim.nips IS 'The NIPs that it claims, sorted, each once, up to 32,767.';

CREATE TABLE maintenance (
  job          text COLLATE "C" PRIMARY KEY CHECK (octet_length(job) <= 32),
  succeeded_at bigint,
  took_ms      bigint NOT NULL,
  did          bigint NOT NULL,
  failed_at    bigint,
  error        text COLLATE "C" CHECK (octet_length(error) <= 1024)
);
COMMENT ON TABLE maintenance IS 'The last runs of each job of the refresher.';
COMMENT ON COLUMN maintenance.job IS 'The job.';
COMMENT ON COLUMN maintenance.succeeded_at IS 'When it last ended well; null = never.';
COMMENT ON COLUMN maintenance.took_ms IS 'How long that took.';
COMMENT ON COLUMN maintenance.did IS 'How many rows it dealt with.';
COMMENT ON COLUMN maintenance.failed_at IS 'When it last failed; null = never.';
COMMENT ON COLUMN maintenance.error IS 'Why.';

-- kind_class is NIP-01's.
CREATE FUNCTION kind_class(kind integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN kind IN (0, 3) OR kind BETWEEN 10000 AND 19999 THEN 'replaceable'
            WHEN kind BETWEEN 20000 AND 29999 THEN 'ephemeral'
            WHEN kind BETWEEN 30000 AND 39999 THEN 'addressable'
            ELSE 'regular' END;
COMMENT ON FUNCTION kind_class IS 'regular, replaceable, ephemeral or addressable (NIP-01).';

CREATE VIEW kind_counts AS
  SELECT c.kind, kind_class(c.kind) AS class, sum(c.events)::bigint AS events, coalesce(max(s.authors), 0) AS authors
  FROM kind_count c LEFT JOIN author_sketch s ON s.dimension = 'kind' AND s.key = c.kind::text
  GROUP BY c.kind;
COMMENT ON VIEW kind_counts IS 'Events and distinct authors (estimated) of each kind.';
CREATE VIEW kind_class_counts AS
  SELECT kind_class(kind) AS class, sum(events)::bigint AS events FROM kind_count GROUP BY 1;
COMMENT ON VIEW kind_class_counts IS 'Events of each class of kinds.';
CREATE VIEW day_counts AS
  SELECT date '1970-01-01' + c.day AS day, sum(c.events)::bigint AS events, coalesce(max(s.authors), 0) AS authors
  FROM kind_count c LEFT JOIN author_sketch s ON s.dimension = 'day' AND s.key = c.day::text
  GROUP BY c.day;
COMMENT ON VIEW day_counts IS 'Events and distinct authors (estimated) of each day, by created_at.';
CREATE VIEW network_counts AS
  SELECT n.network, (SELECT count(*) FROM relay r WHERE r.network = n.network) AS relays, n.events, coalesce(s.authors, 0) AS authors
  FROM network_count n LEFT JOIN author_sketch s ON s.dimension = 'network' AND s.key = n.network;
COMMENT ON VIEW network_counts IS 'Relays, events (each once) and distinct authors (estimated) of each network.';
CREATE VIEW relay_kind_counts AS
  SELECT r.url AS relay, c.kind, c.events FROM relay_count c JOIN relay r USING (relay_no) WHERE c.events > 0;
COMMENT ON VIEW relay_kind_counts IS 'Events of each kind that each relay was seen to serve.';
CREATE VIEW author_counts AS SELECT pubkey, events FROM author_count;
COMMENT ON VIEW author_counts IS 'Events of each author.';
CREATE VIEW window_counts AS
  SELECT window_name, seconds, events, authors, counted_at FROM window_count;
COMMENT ON VIEW window_counts IS 'Events and distinct authors of the last hour, day, week and month.';
CREATE VIEW replication_factors AS
  SELECT relays, events::float8 / sampled AS share, sampled, counted_at FROM replication_count;
COMMENT ON VIEW replication_factors IS 'The share of events that so many relays serve; of a sample, so give or take sqrt(share * (1 - share) / sampled).';
CREATE VIEW relay_stats AS
  SELECT r.url AS relay, r.network, coalesce(c.events, 0) AS events, coalesce(s.authors, 0) AS authors,
         u.alone_events::float8 / nullif(u.events, 0) AS unique_share, c.first_seen, c.last_new,
         k.rtt_open, k.rtt_read, k.rtt_write
  FROM relay r
  LEFT JOIN (SELECT relay_no, sum(events)::bigint AS events, min(first_seen) AS first_seen, max(last_new) AS last_new
             FROM relay_count GROUP BY relay_no) c USING (relay_no)
  LEFT JOIN author_sketch s ON s.dimension = 'relay' AND s.key = r.relay_no::text
  LEFT JOIN relay_unique u USING (relay_no)
  LEFT JOIN LATERAL (
    SELECT max(q.rtt_ms) FILTER (WHERE q.check_name = 'open') AS rtt_open, max(q.rtt_ms) FILTER (WHERE q.check_name = 'read') AS rtt_read,
           max(q.rtt_ms) FILTER (WHERE q.check_name = 'write') AS rtt_write
    FROM relay_state t JOIN relay_check q USING (relay_no, vantage, checked_at)
    WHERE t.relay_no = r.relay_no AND t.checked_at = (SELECT max(checked_at) FROM relay_state WHERE relay_no = r.relay_no)
  ) k ON true;
COMMENT ON VIEW relay_stats IS 'Each relay: its events, their distinct authors (estimated), the share that no other relay serves (of a sample), when it was first and last seen to serve a new one, and the round-trip times of its last check.';
CREATE VIEW relay_software_counts AS
  SELECT software, version, count(*) AS relays FROM relay_claim WHERE software <> '' GROUP BY software, version;
COMMENT ON VIEW relay_software_counts IS 'Relays by the software that they claim.';
CREATE VIEW supported_nip_counts AS
  SELECT nip, count(*) AS relays FROM relay_claim, unnest(nips) AS nip GROUP BY nip;
COMMENT ON VIEW supported_nip_counts IS 'Relays by the NIPs that they claim.';

ALTER FUNCTION make_check_partitions(integer) SECURITY DEFINER;
ALTER FUNCTION make_check_partitions(integer) SET search_path = public, pg_temp;
ALTER FUNCTION drop_check_partitions(bigint) SECURITY DEFINER;
ALTER FUNCTION drop_check_partitions(bigint) SET search_path = public, pg_temp;
REVOKE ALL ON FUNCTION make_check_partitions(integer), drop_check_partitions(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_check_partitions(integer), drop_check_partitions(bigint) TO bigbrotr_refresher;

GRANT USAGE ON SCHEMA public TO bigbrotr_refresher;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO bigbrotr_writer, bigbrotr_reader, bigbrotr_refresher;
GRANT INSERT, UPDATE, DELETE ON kind_count, relay_count, network_count, network_event, author_count, author_sketch, window_count,
  replication_count, relay_unique, relay_claim, maintenance TO bigbrotr_refresher;
GRANT DELETE ON event_delta, sighting_delta, page_part, quarantine, document TO bigbrotr_refresher;
REVOKE DELETE ON page_part FROM bigbrotr_writer;
